/** The webhooks: where events are sent, a new one, and how each delivery went. */
import { useSignal } from "@preact/signals";
import { NotForThisKey } from "../access/limits.tsx";
import { may } from "../shell/session.ts";
import { useLookedAt } from "../shell/use-looked-at.ts";
import { useTitle } from "../shell/use-title.ts";
import { texts } from "../texts.ts";
import { CreateWebhookDialog } from "./create-webhook-dialog.tsx";
import { DeleteWebhookDialog } from "./delete-webhook-dialog.tsx";
import { Deliveries } from "./deliveries.tsx";
import { type Webhook, webhookEvents } from "./webhook.ts";

const words = texts.webhooks;
const everySeconds = 10;

export function WebhooksPage() {
  useTitle(words.heading);
  return may("admin") ? <Webhooks /> : <NotForThisKey scope="admin" />;
}

function Webhooks() {
  const { answer, fault, look } = useLookedAt<{ webhooks: Webhook[] }>("/webhooks", everySeconds);
  const isCreating = useSignal(false);
  const deleting = useSignal<Webhook | null>(null);
  const list = answer.value?.webhooks ?? [];
  return (
    <>
      <div class="page-head">
        <h1>{words.heading}</h1>
        <button type="button" class="primary end" onClick={() => (isCreating.value = true)}>
          {words.create}
        </button>
      </div>
      <p class="muted page-words">{words.words}</p>
      {fault.value !== null && (
        <p class="fault" role="alert">
          {fault.value}
        </p>
      )}
      {answer.value && list.length === 0 && <p class="panel muted">{words.none}</p>}
      <ul class="webhooks">
        {list.map((webhook) => (
          <WebhookPanel key={webhook.id} webhook={webhook} onDelete={() => (deleting.value = webhook)} />
        ))}
      </ul>
      {isCreating.value && <CreateWebhookDialog onClose={() => (isCreating.value = false)} onCreated={look} />}
      {deleting.value && (
        <DeleteWebhookDialog
          key={deleting.value.id}
          webhook={deleting.value}
          onClose={() => (deleting.value = null)}
          onDeleted={look}
        />
      )}
    </>
  );
}

function WebhookPanel({ webhook, onDelete }: { webhook: Webhook; onDelete: () => void }) {
  const isOpen = useSignal(false);
  const { url, description, events } = webhook;
  return (
    <li class="panel">
      <div class="webhook-head">
        <h2>{url}</h2>
        <button type="button" aria-label={words.deleteOf(url)} onClick={onDelete}>
          {words.delete}
        </button>
      </div>
      {description && <p>{description}</p>}
      <p class="muted">{events.length === webhookEvents.length ? words.allEvents : events.join(", ")}</p>
      <details onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
        <summary>{words.deliveries.heading}</summary>
        {isOpen.value && <Deliveries webhook={webhook} />}
      </details>
    </li>
  );
}
