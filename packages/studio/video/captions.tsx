/** The captions of a video: those that came in the file, and those that were given, which may be added and removed. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { announce } from "../shell/announce.tsx";
import { ask, sentenceOf } from "../shell/ask.ts";
import { Dialog } from "../shell/dialog.tsx";
import { DialogForm } from "../shell/dialog-form.tsx";
import { size } from "../shell/format.ts";
import { Icon } from "../shell/icons.tsx";
import { may } from "../shell/session.ts";
import { here } from "../shell/settings.ts";
import { texts } from "../texts.ts";
import type { Captions, Transcoding } from "./transcoding.ts";

const words = texts.video.captions;

export interface CaptionsPanelProps {
  id: string;
  captions: Captions[];
  transcoding: Transcoding | null;
}

export function CaptionsPanel({ id, captions, transcoding }: CaptionsPanelProps) {
  const isAdding = useSignal(false);
  const embedded = transcoding?.subtitles.filter(({ source }) => source === "embedded") ?? [];
  const remove = async ({ lang, label }: Captions) => {
    try {
      await ask(`/videos/${id}/captions/${lang}`, { method: "DELETE" });
      announce(words.removed(label ?? languageName(lang)));
    } catch (error) {
      announce(sentenceOf(error), "bad");
    }
  };
  return (
    <section class="panel">
      <h2>{words.heading}</h2>
      {captions.length + embedded.length === 0 && <p class="muted">{words.none}</p>}
      <ul class="caption-list">
        {embedded.map(({ name, language }) => (
          <li key={`${name} ${language}`}>
            <span>
              {name} <small>{words.embedded}</small>
            </span>
          </li>
        ))}
        {captions.map((one) => {
          const label = one.label ?? languageName(one.lang);
          return (
            <li key={one.lang}>
              <span>
                {label} <small>{`${one.lang} · ${size(one.bytes)}`}</small>
              </span>
              <a
                class="button quiet"
                href={here(`/videos/${id}/captions/${one.lang}`)}
                download={`${one.lang}.vtt`}
                aria-label={words.download(label)}
              >
                <Icon name="download" />
              </a>
              {may("write") && (
                <button type="button" class="quiet" aria-label={words.remove(label)} onClick={() => remove(one)}>
                  <Icon name="trash" />
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {may("write") && (
        <button type="button" onClick={() => (isAdding.value = true)}>
          {words.add}
        </button>
      )}
      {isAdding.value && <AddDialog id={id} onClose={() => (isAdding.value = false)} />}
    </section>
  );
}

function AddDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const field = useId();
  const save = async (form: FormData) => {
    const [lang, label] = [String(form.get("lang")).trim(), String(form.get("label")).trim()];
    if (!isLanguage(lang)) throw new Error(words.notLanguage(lang));
    const query = label ? `?label=${encodeURIComponent(label)}` : "";
    const body = form.get("file") as File;
    await ask(`/videos/${id}/captions/${encodeURIComponent(lang)}${query}`, { method: "PUT", body });
    announce(words.saved(label || languageName(lang)));
    onClose();
  };
  return (
    <Dialog heading={words.add.replace("…", "")} onClose={onClose}>
      <DialogForm tone="primary" label={texts.save} busyLabel={texts.saving} onCancel={onClose} send={save}>
        <label for={`${field}-file`}>{words.file}</label>
        <input id={`${field}-file`} name="file" type="file" required accept=".vtt,.srt,text/vtt" />
        <small>{words.fileWords}</small>
        <label for={`${field}-lang`}>{words.language}</label>
        <input id={`${field}-lang`} name="lang" required maxLength={35} defaultValue="en" autocomplete="off" />
        <small>{words.languageWords}</small>
        <label for={`${field}-label`}>{words.label}</label>
        <input id={`${field}-label`} name="label" maxLength={100} autocomplete="off" />
        <small>{words.labelWords}</small>
      </DialogForm>
    </Dialog>
  );
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames("en", { type: "language" }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
