/** The API keys: what each may do and when it was used, a new one, and revoking one. */
import { useSignal } from "@preact/signals";
import { ago } from "../shell/format.ts";
import { may, needsKey, session } from "../shell/session.ts";
import { useLookedAt } from "../shell/use-looked-at.ts";
import { useTitle } from "../shell/use-title.ts";
import { texts } from "../texts.ts";
import type { ApiKey } from "./api-key.ts";
import { CreateKeyDialog } from "./create-key-dialog.tsx";
import { NotForThisKey } from "./limits.tsx";
import { RevokeKeyDialog } from "./revoke-key-dialog.tsx";

const words = texts.keys;
const everySeconds = 10;

export function KeysPage() {
  useTitle(words.heading);
  return may("admin") ? <Keys /> : <NotForThisKey scope="admin" />;
}

function Keys() {
  const { answer, fault, look } = useLookedAt<{ keys: ApiKey[] }>("/keys", everySeconds);
  const isCreating = useSignal(false);
  const revoking = useSignal<ApiKey | null>(null);
  const list = answer.value?.keys ?? [];
  return (
    <>
      <div class="page-head">
        <h1>{words.heading}</h1>
        <button type="button" class="primary end" onClick={() => (isCreating.value = true)}>
          {words.create}
        </button>
      </div>
      <p class="muted page-words">{needsKey ? words.words : words.notNeeded}</p>
      <section class="panel keys">
        {fault.value !== null && (
          <p class="fault" role="alert">
            {fault.value}
          </p>
        )}
        {answer.value && list.length === 0 && <p class="muted">{words.none}</p>}
        {list.length > 0 && <Table keys={list} revoke={(key) => (revoking.value = key)} />}
      </section>
      {isCreating.value && <CreateKeyDialog onClose={() => (isCreating.value = false)} onCreated={look} />}
      {revoking.value && (
        <RevokeKeyDialog
          key={revoking.value.id}
          apiKey={revoking.value}
          onClose={() => (revoking.value = null)}
          onRevoked={look}
        />
      )}
    </>
  );
}

function Table({ keys, revoke }: { keys: ApiKey[]; revoke: (key: ApiKey) => void }) {
  const now = Date.now() / 1000;
  const own = session.value?.key?.id;
  const { name, scopes, created, used, expires } = words.columns;
  return (
    <table class="rows">
      <thead>
        <tr>
          {[name, scopes, created, used, expires].map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
          <td />
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.id}>
            <th scope="row">
              {key.name}
              <small>
                <code>{key.id}</code>
                {key.id === own && ` · ${words.own}`}
              </small>
            </th>
            <td data-column={scopes}>{key.scopes.join(", ")}</td>
            <td data-column={created}>{ago(key.created_at, now)}</td>
            <td data-column={used}>{key.last_used_at === null ? words.never : ago(key.last_used_at, now)}</td>
            <td data-column={expires}>{expiryOf(key, now)}</td>
            <td class="end">
              <button type="button" aria-label={words.revokeOf(key.name)} onClick={() => revoke(key)}>
                {words.revoke}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function expiryOf({ expires_at: at }: ApiKey, now: number) {
  if (at === null) return words.never;
  if (at <= now) return <span class="fault">{words.expired}</span>;
  const date = new Date(at * 1000);
  return (
    <time dateTime={date.toISOString()}>{date.toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}</time>
  );
}
