/** The uploads of this tab: each with how far it is, how fast, how long still, and what may be done with it. */
import { announce } from "../shell/announce.tsx";
import { percent, rate, size, span } from "../shell/format.ts";
import { Icon, type IconName } from "../shell/icons.tsx";
import { pages } from "../shell/location.ts";
import { here } from "../shell/settings.ts";
import { texts } from "../texts.ts";
import { chooseFiles } from "./choose-files.ts";
import { secondsLeft } from "./speedometer.ts";
import type { Upload, UploadPhase } from "./upload.ts";
import { uploads } from "./uploads.ts";

const words = texts.upload;

export function UploadList() {
  const list = uploads.list.value;
  if (list.length === 0) return null;
  return (
    <section class="uploads" aria-label={words.heading}>
      <ul>
        {list.map((upload) => (
          <UploadRow key={upload.key} upload={upload} />
        ))}
      </ul>
    </section>
  );
}

function UploadRow({ upload }: { upload: Upload }) {
  const { name, sizeBytes } = upload;
  const phase = upload.phase.value;
  const sent = phase === "done" || phase === "finishing" ? sizeBytes : upload.sentBytes.value;
  const part = sizeBytes > 0 ? sent / sizeBytes : Number(phase === "done");
  return (
    <li class={`upload ${phase}`}>
      <div class="upload-words">
        <strong class="name">{name}</strong>
        <span class="figures">{figuresOf(upload, sent)}</span>
      </div>
      <div
        class="bar"
        role="progressbar"
        aria-label={words.progress(name)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(part * 100)}
      >
        <span style={{ transform: `scaleX(${part})` }} />
      </div>
      <p class="sentence">{sentenceFor(phase, upload.sentence.value)}</p>
      <div class="actions">
        <Actions upload={upload} phase={phase} />
      </div>
    </li>
  );
}

function figuresOf(upload: Upload, sent: number): string {
  const { sizeBytes } = upload;
  const speed = upload.bytesPerSecond.value;
  const parts = [percent(sent, sizeBytes), `${size(sent)} of ${size(sizeBytes)}`];
  if (upload.phase.value === "done") return size(sizeBytes);
  if (upload.phase.value === "sending" && speed !== null) {
    parts.push(rate(speed), words.left(span(secondsLeft(sizeBytes - sent, speed))));
  }
  return parts.join(" · ");
}

function sentenceFor(phase: UploadPhase, sentence: string | null): string {
  if (phase === "retrying") return words.retrying(sentence ?? texts.noAnswer);
  if (sentence !== null) return sentence;
  return words.phases[phase as keyof typeof words.phases] ?? "";
}

function Actions({ upload, phase }: { upload: Upload; phase: UploadPhase }) {
  const { name } = upload;
  const isOver = phase === "done" || phase === "refused";
  const giveAgain = async () => {
    const [chosen] = await chooseFiles(false);
    if (chosen) await uploads.continueWith(upload, chosen.file);
  };
  return (
    <>
      {phase === "done" && (
        <a class="button" href={here(pages.video(upload.videoId.value ?? ""))}>
          {words.watch}
        </a>
      )}
      {(phase === "sending" || phase === "waiting" || phase === "retrying") && (
        <Action icon="pause" label={words.of(name, words.pause)} onClick={() => uploads.pause(upload)} />
      )}
      {phase === "paused" && (
        <Action icon="play" label={words.of(name, words.resume)} onClick={() => uploads.resume(upload)} />
      )}
      {phase === "interrupted" && (
        <button type="button" onClick={uploads.hasHandle(upload) ? () => uploads.continueWith(upload) : giveAgain}>
          {uploads.hasHandle(upload) ? words.continue : words.chooseAgain}
        </button>
      )}
      {phase === "refused" && (
        <Action icon="retry" label={words.of(name, words.again)} onClick={() => uploads.resume(upload)} />
      )}
      {isOver ? (
        <Action icon="cross" label={words.of(name, words.dismiss)} onClick={() => uploads.dismiss(upload)} />
      ) : (
        phase !== "finishing" && (
          <Action
            icon="cross"
            label={words.of(name, words.cancel)}
            onClick={() => {
              void uploads.cancel(upload);
              announce(words.cancelled(name));
            }}
          />
        )
      )}
    </>
  );
}

function Action({ icon, label, onClick }: { icon: IconName; label: string; onClick: () => void }) {
  return (
    <button type="button" class="quiet" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
