/** Asks before a webhook is deleted. */
import { useSignal } from "@preact/signals";
import { announce } from "../shell/announce.tsx";
import { ask, sentenceOf } from "../shell/ask.ts";
import { Dialog } from "../shell/dialog.tsx";
import { DialogEnd } from "../shell/dialog-end.tsx";
import { texts } from "../texts.ts";
import type { Webhook } from "./webhook.ts";

const words = texts.webhooks.deletion;

export function DeleteWebhookDialog(props: { webhook: Webhook; onClose: () => void; onDeleted: () => void }) {
  const { webhook, onClose, onDeleted } = props;
  const isBusy = useSignal(false);
  const fault = useSignal<string | null>(null);
  const remove = async (event: Event) => {
    event.preventDefault();
    isBusy.value = true;
    fault.value = null;
    try {
      await ask(`/webhooks/${webhook.id}`, { method: "DELETE" });
      onClose();
      announce(words.done);
      onDeleted();
    } catch (error) {
      fault.value = sentenceOf(error);
      isBusy.value = false;
    }
  };
  return (
    <Dialog heading={words.question} onClose={onClose}>
      <form onSubmit={remove}>
        <p>{words.words(webhook.url)}</p>
        <DialogEnd
          fault={fault.value}
          onCancel={onClose}
          tone="danger"
          label={isBusy.value ? words.busy : words.button}
          isBusy={isBusy.value}
        />
      </form>
    </Dialog>
  );
}
