/** Title, description, visibility and poster of a video. What was not changed is not sent. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { announce } from "../shell/announce.tsx";
import { Dialog } from "../shell/dialog.tsx";
import { DialogForm } from "../shell/dialog-form.tsx";
import { texts } from "../texts.ts";
import { chooseFiles } from "../upload/choose-files.ts";
import { changeVideo, replacePoster } from "./change-video.ts";
import { Poster } from "./poster.tsx";
import type { Video } from "./video.ts";

const words = texts.edit;

export function EditDialog({ video, onClose }: { video: Video; onClose: () => void }) {
  const picture = useSignal<{ file: File; address: string } | null>(null);
  const id = useId();

  const choosePicture = async () => {
    const [chosen] = await chooseFiles(false);
    if (!chosen) return;
    if (picture.value) URL.revokeObjectURL(picture.value.address);
    picture.value = { file: chosen.file, address: URL.createObjectURL(chosen.file) };
  };
  const save = async (form: FormData) => {
    const changes = changesIn(form, video);
    if (Object.keys(changes).length > 0) await changeVideo(video.hash, changes);
    if (picture.value) await replacePoster(video.hash, picture.value.file);
    announce(words.saved);
    onClose();
  };

  return (
    <Dialog heading={words.heading} onClose={onClose}>
      <DialogForm tone="primary" label={texts.save} busyLabel={texts.saving} onCancel={onClose} send={save}>
        <label for={`${id}-title`}>{words.title}</label>
        <input
          id={`${id}-title`}
          name="title"
          maxLength={500}
          defaultValue={video.title ?? ""}
          placeholder={video.filename}
        />
        <label for={`${id}-description`}>{words.description}</label>
        <textarea
          id={`${id}-description`}
          name="description"
          rows={4}
          maxLength={10_000}
          defaultValue={video.description ?? ""}
        />
        <fieldset>
          <legend>{words.visibility}</legend>
          {(["public", "private"] as const).map((visibility) => (
            <label key={visibility} class="choice">
              <input
                type="radio"
                name="visibility"
                value={visibility}
                defaultChecked={video.visibility === visibility}
              />
              <span>
                {words[visibility]}
                <small>{words[`${visibility}Words`]}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <fieldset>
          <legend>{words.poster}</legend>
          <div class="poster-choice">
            <span class="frame">
              {picture.value ? <img src={picture.value.address} alt="" /> : <Poster video={video} />}
            </span>
            <span>
              <button type="button" onClick={choosePicture}>
                {words.replacePoster}
              </button>
              <small>{words.posterWords}</small>
            </span>
          </div>
        </fieldset>
      </DialogForm>
    </Dialog>
  );
}

function changesIn(form: FormData, video: Video): Parameters<typeof changeVideo>[1] {
  const text = (name: string) => String(form.get(name) ?? "").trim() || null;
  const [title, description] = [text("title"), text("description")];
  const visibility = form.get("visibility") === "private" ? "private" : "public";
  return {
    ...(title === video.title ? {} : { title }),
    ...(description === video.description ? {} : { description }),
    ...(visibility === video.visibility ? {} : { visibility }),
  };
}
