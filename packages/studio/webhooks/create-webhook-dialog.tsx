/** A new webhook: its address and events, and then its secret, which is shown this once. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { ask, sending } from "../shell/ask.ts";
import { Dialog } from "../shell/dialog.tsx";
import { DialogForm } from "../shell/dialog-form.tsx";
import { Secret } from "../shell/secret.tsx";
import { texts } from "../texts.ts";
import { type Webhook, webhookEvents } from "./webhook.ts";

const words = texts.webhooks.creation;

type Created = Webhook & { secret: string };

export function CreateWebhookDialog({ onClose, onCreated }: { onClose: () => void; onCreated: () => void }) {
  const created = useSignal<Created | null>(null);
  const note = (webhook: Created) => {
    created.value = webhook;
    onCreated();
  };
  return (
    <Dialog heading={created.value ? words.done : words.heading} onClose={onClose}>
      {created.value ? (
        <>
          <p>{words.secretWords}</p>
          <Secret text={created.value.secret} name={words.secret} onClose={onClose} />
        </>
      ) : (
        <Form onClose={onClose} onCreated={note} />
      )}
    </Dialog>
  );
}

function Form({ onClose, onCreated }: { onClose: () => void; onCreated: (webhook: Created) => void }) {
  const field = useId();
  const create = async (form: FormData) => {
    const events = form.getAll("event").map(String);
    if (events.length === 0) throw new Error(words.noEvent);
    const description = String(form.get("description")).trim();
    const body = { url: String(form.get("url")), events, ...(description && { description }) };
    onCreated(await ask<Created>("/webhooks", sending("POST", body)));
  };
  return (
    <DialogForm tone="primary" label={words.button} busyLabel={words.busy} onCancel={onClose} send={create}>
      <label for={`${field}-url`}>{words.url}</label>
      <input id={`${field}-url`} name="url" type="url" required maxLength={2048} placeholder="https://" />
      <small>{words.urlWords}</small>
      <label for={`${field}-description`}>{words.description}</label>
      <input id={`${field}-description`} name="description" maxLength={200} autocomplete="off" />
      <fieldset>
        <legend>{words.events}</legend>
        {webhookEvents.map((one) => (
          <label key={one} class="choice">
            <input type="checkbox" name="event" value={one} defaultChecked />
            <span>{one}</span>
          </label>
        ))}
      </fieldset>
    </DialogForm>
  );
}
