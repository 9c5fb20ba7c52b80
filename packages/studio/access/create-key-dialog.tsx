/** A new key: its name, scopes and expiry, and then the key itself, which is shown this once. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { ask, sending } from "../shell/ask.ts";
import { Dialog } from "../shell/dialog.tsx";
import { DialogForm } from "../shell/dialog-form.tsx";
import { Secret } from "../shell/secret.tsx";
import { scopes } from "../shell/session.ts";
import { texts } from "../texts.ts";
import type { CreatedApiKey } from "./api-key.ts";

const words = texts.keys.creation;

export function CreateKeyDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const created = useSignal<CreatedApiKey | null>(null);
  const note = (key: CreatedApiKey) => {
    created.value = key;
    onCreated();
  };
  return (
    <Dialog heading={created.value ? words.done(created.value.name) : words.heading} onClose={onClose}>
      {created.value ? (
        <Secret text={created.value.key} name={words.key} onClose={onClose} />
      ) : (
        <Form onClose={onClose} onCreated={note} />
      )}
    </Dialog>
  );
}

function Form({ onClose, onCreated }: { onClose: () => void; onCreated: (key: CreatedApiKey) => void }) {
  const field = useId();
  const create = async (form: FormData) => {
    const chosen = form.getAll("scope").map(String);
    if (chosen.length === 0) throw new Error(words.noScope);
    const seconds = Number(form.get("expiry"));
    const body = {
      name: String(form.get("name")),
      scopes: chosen,
      ...(seconds > 0 && { expires_in_seconds: seconds }),
    };
    onCreated(await ask<CreatedApiKey>("/keys", sending("POST", body)));
  };
  return (
    <DialogForm tone="primary" label={words.button} busyLabel={words.busy} onCancel={onClose} send={create}>
      <label for={`${field}-name`}>{words.name}</label>
      <input id={`${field}-name`} name="name" required maxLength={100} autocomplete="off" />
      <small>{words.nameWords}</small>
      <fieldset>
        <legend>{words.scopes}</legend>
        {scopes.map((scope) => (
          <label key={scope} class="choice">
            <input type="checkbox" name="scope" value={scope} />
            <span>
              {scope}
              <small>{words.scopeWords[scope]}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <label for={`${field}-expiry`}>{words.expiry}</label>
      <select id={`${field}-expiry`} name="expiry">
        {words.expiries.map(([name, seconds]) => (
          <option key={name} value={seconds}>
            {name}
          </option>
        ))}
      </select>
    </DialogForm>
  );
}
