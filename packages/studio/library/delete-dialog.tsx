/** Asks before a video goes, and says what goes with it. */
import { useSignal } from "@preact/signals";
import { announce } from "../shell/announce.tsx";
import { sentenceOf } from "../shell/ask.ts";
import { Dialog } from "../shell/dialog.tsx";
import { DialogEnd } from "../shell/dialog-end.tsx";
import { texts } from "../texts.ts";
import { deleteVideo } from "./change-video.ts";
import { isInTheMaking, titleOf, type Video } from "./video.ts";

const words = texts.library;

export function DeleteDialog(props: { video: Video; onClose: () => void; onDeleted: () => void }) {
  const { video, onClose, onDeleted } = props;
  const isBusy = useSignal(false);
  const fault = useSignal<string | null>(null);
  const title = titleOf(video);
  const remove = async (event: Event) => {
    event.preventDefault();
    isBusy.value = true;
    fault.value = null;
    try {
      const left = await deleteVideo(video.hash);
      if (left.length > 0) throw new Error(words.notAllDeleted(left));
      onClose();
      announce(words.deleted(title));
      onDeleted();
    } catch (error) {
      fault.value = sentenceOf(error);
      isBusy.value = false;
    }
  };
  return (
    <Dialog heading={words.deleteQuestion(title)} onClose={onClose}>
      <form onSubmit={remove}>
        <p>{words.deleteWords(partsOf(video))}</p>
        <DialogEnd
          fault={fault.value}
          onCancel={onClose}
          tone="danger"
          label={isBusy.value ? words.deleting : words.deleteNow}
          isBusy={isBusy.value}
        />
      </form>
    </Dialog>
  );
}

function partsOf(video: Video): string {
  const { original, streams, encoding } = words.deleteParts;
  const parts = [original(video.size_bytes ?? null), streams, ...(isInTheMaking(video) ? [encoding] : [])];
  return new Intl.ListFormat("en").format(parts);
}
