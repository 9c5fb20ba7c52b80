/** Asks before a video goes, and says what goes with it. */
import { announce } from "../shell/announce.tsx";
import { Dialog } from "../shell/dialog.tsx";
import { DialogForm } from "../shell/dialog-form.tsx";
import { texts } from "../texts.ts";
import { deleteVideo } from "./change-video.ts";
import { isInTheMaking, titleOf, type Video } from "./video.ts";

const words = texts.library;

export function DeleteDialog(props: { video: Video; onClose: () => void; onDeleted: () => void }) {
  const { video, onClose, onDeleted } = props;
  const title = titleOf(video);
  const remove = async () => {
    const left = await deleteVideo(video.hash);
    if (left.length > 0) throw new Error(words.notAllDeleted(left));
    onClose();
    announce(words.deleted(title));
    onDeleted();
  };
  return (
    <Dialog heading={words.deleteQuestion(title)} onClose={onClose}>
      <DialogForm tone="danger" label={words.deleteNow} busyLabel={words.deleting} onCancel={onClose} send={remove}>
        <p>{words.deleteWords(partsOf(video))}</p>
      </DialogForm>
    </Dialog>
  );
}

function partsOf(video: Video): string {
  const { original, streams, encoding } = words.deleteParts;
  const parts = [original(video.size_bytes ?? null), streams, ...(isInTheMaking(video) ? [encoding] : [])];
  return new Intl.ListFormat("en").format(parts);
}
