/** What the upload is, as it was found. */
import type { ComponentChildren } from "preact";
import type { Video } from "../library/video.ts";
import { ago, clock, size } from "../shell/format.ts";
import { pages } from "../shell/location.ts";
import { here } from "../shell/settings.ts";
import { texts } from "../texts.ts";
import type { SourceFacts, Transcoding } from "./transcoding.ts";

const words = texts.video.facts;

export function Facts({ video, transcoding }: { video: Video; transcoding: Transcoding | null }) {
  const source = transcoding?.source ?? null;
  const warnings = transcoding?.warnings ?? [];
  return (
    <section class="panel">
      <h2>{words.heading}</h2>
      <dl class="facts">
        <Fact name={words.file}>{video.filename}</Fact>
        <Fact name={words.size}>{size(video.size_bytes)}</Fact>
        <Fact name={words.length}>{clock(video.duration)}</Fact>
        {source && <Fact name={words.container}>{containerName(source.container)}</Fact>}
        {source?.video && <Fact name={words.picture}>{pictureWords(source.video)}</Fact>}
        {source?.audio.map((audio, index) => (
          <Fact key={index} name={words.audio}>
            {[codecName(audio.codec), words.channels(audio.channels), `${audio.sample_rate / 1000} kHz`].join(", ")}
          </Fact>
        ))}
        <Fact name={words.uploaded}>
          <time dateTime={new Date(video.created_at * 1000).toISOString()}>
            {ago(video.created_at, Date.now() / 1000)}
          </time>
        </Fact>
        {video.duplicate_of && (
          <Fact name={words.duplicate}>
            <a href={here(pages.video(video.duplicate_of))}>{video.duplicate_of}</a>
          </Fact>
        )}
        <Fact name={words.id}>
          <code>{video.hash}</code>
        </Fact>
      </dl>
      {warnings.length > 0 && (
        <ul class="warnings" aria-label={words.warnings}>
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** ffprobe lists every name of a container; people know one. */
function containerName(names: string): string {
  const [first = names] = names.split(",");
  return words.containers[first] ?? first;
}

const codecName = (name: string): string => words.codecs[name] ?? name;

function pictureWords(picture: NonNullable<SourceFacts["video"]>): string {
  const rate = `${Math.round(picture.frame_rate * 1000) / 1000} fps${picture.variable_frame_rate ? ` ${words.variable}` : ""}`;
  return [
    codecName(picture.codec ?? ""),
    picture.resolution.replace("x", " × "),
    rate,
    words.ranges[picture.range] ?? picture.range,
    ...(picture.interlaced ? [words.interlaced] : []),
    ...(picture.pixel_format ? [picture.pixel_format] : []),
  ].join(", ");
}
