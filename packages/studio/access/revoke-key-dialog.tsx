/** Asks before a key is revoked, and says what that means. */
import { announce } from "../shell/announce.tsx";
import { ask } from "../shell/ask.ts";
import { Dialog } from "../shell/dialog.tsx";
import { DialogForm } from "../shell/dialog-form.tsx";
import { session } from "../shell/session.ts";
import { texts } from "../texts.ts";
import type { ApiKey } from "./api-key.ts";

const words = texts.keys.revocation;

export function RevokeKeyDialog(props: { apiKey: ApiKey; onClose: () => void; onRevoked: () => void }) {
  const { apiKey, onClose, onRevoked } = props;
  const isOwn = apiKey.id === session.value?.key?.id;
  const revoke = async () => {
    await ask(`/keys/${apiKey.id}`, { method: "DELETE" });
    onClose();
    announce(words.done(apiKey.name));
    onRevoked();
  };
  return (
    <Dialog heading={words.question(apiKey.name)} onClose={onClose}>
      <DialogForm tone="danger" label={words.button} busyLabel={words.busy} onCancel={onClose} send={revoke}>
        <p>{words.words}</p>
        {isOwn && <p>{words.own}</p>}
      </DialogForm>
    </Dialog>
  );
}
