/** Asks before a webhook is deleted. */
import { announce } from "../shell/announce.tsx";
import { ask } from "../shell/ask.ts";
import { Dialog } from "../shell/dialog.tsx";
import { DialogForm } from "../shell/dialog-form.tsx";
import { texts } from "../texts.ts";
import type { Webhook } from "./webhook.ts";

const words = texts.webhooks.deletion;

export function DeleteWebhookDialog(props: { webhook: Webhook; onClose: () => void; onDeleted: () => void }) {
  const { webhook, onClose, onDeleted } = props;
  const remove = async () => {
    await ask(`/webhooks/${webhook.id}`, { method: "DELETE" });
    onClose();
    announce(words.done);
    onDeleted();
  };
  return (
    <Dialog heading={words.question} onClose={onClose}>
      <DialogForm tone="danger" label={words.button} busyLabel={words.busy} onCancel={onClose} send={remove}>
        <p>{words.words(webhook.url)}</p>
      </DialogForm>
    </Dialog>
  );
}
