/** Asks before a key is revoked, and says what that means. */
import { useSignal } from "@preact/signals";
import { announce } from "../shell/announce.tsx";
import { ask, sentenceOf } from "../shell/ask.ts";
import { Dialog } from "../shell/dialog.tsx";
import { DialogEnd } from "../shell/dialog-end.tsx";
import { session } from "../shell/session.ts";
import { texts } from "../texts.ts";
import type { ApiKey } from "./api-key.ts";

const words = texts.keys.revocation;

export function RevokeKeyDialog(props: { apiKey: ApiKey; onClose: () => void; onRevoked: () => void }) {
  const { apiKey, onClose, onRevoked } = props;
  const isBusy = useSignal(false);
  const fault = useSignal<string | null>(null);
  const isOwn = apiKey.id === session.value?.key?.id;
  const revoke = async (event: Event) => {
    event.preventDefault();
    isBusy.value = true;
    fault.value = null;
    try {
      await ask(`/keys/${apiKey.id}`, { method: "DELETE" });
      onClose();
      announce(words.done(apiKey.name));
      onRevoked();
    } catch (error) {
      fault.value = sentenceOf(error);
      isBusy.value = false;
    }
  };
  return (
    <Dialog heading={words.question(apiKey.name)} onClose={onClose}>
      <form onSubmit={revoke}>
        <p>{words.words}</p>
        {isOwn && <p>{words.own}</p>}
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
