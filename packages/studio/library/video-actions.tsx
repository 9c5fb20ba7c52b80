/** What one may do to a video, and the dialogs that ask for more: the same in the library and on the video's own page. */
import { useSignal } from "@preact/signals";
import { announce } from "../shell/announce.tsx";
import { sentenceOf } from "../shell/ask.ts";
import { resumeVideo, stopVideo } from "./change-video.ts";
import { DeleteDialog } from "./delete-dialog.tsx";
import { EditDialog } from "./edit-dialog.tsx";
import { isInTheMaking, type Video } from "./video.ts";

export interface VideoActions {
  edit: () => void;
  askToDelete: () => void;
  /** Null where there is nothing to stop. */
  stop: (() => void) | null;
  /** Null where there is nothing to go on with. */
  resume: (() => void) | null;
  /** The dialog that is open, to be rendered somewhere. */
  dialog: preact.JSX.Element | null;
}

/** @param onDeleted called when it is gone, or nearly */
export function useVideoActions(video: Video, onDeleted: () => void = () => undefined): VideoActions {
  const open = useSignal<"edit" | "delete" | null>(null);
  const close = () => (open.value = null);
  const run = (work: (id: string) => Promise<unknown>) => () => {
    work(video.hash).catch((error: unknown) => announce(sentenceOf(error), "bad"));
  };
  return {
    edit: () => (open.value = "edit"),
    askToDelete: () => (open.value = "delete"),
    stop: isInTheMaking(video) ? run(stopVideo) : null,
    resume: video.status === "stopped" || video.status === "failed" ? run(resumeVideo) : null,
    dialog:
      open.value === "edit" ? (
        <EditDialog video={video} onClose={close} />
      ) : open.value === "delete" ? (
        <DeleteDialog video={video} onClose={close} onDeleted={onDeleted} />
      ) : null,
  };
}
