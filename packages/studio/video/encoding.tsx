/** How the encoding of a video stands: in a sentence, and rung by rung. */
import { isInTheMaking, titleOf, type Video } from "../library/video.ts";
import { span } from "../shell/format.ts";
import { texts } from "../texts.ts";
import { Ladder } from "./ladder.tsx";
import type { Playhead } from "./playhead.ts";
import type { SegmentMap, Transcoding } from "./transcoding.ts";

const words = texts.video.encoding;

export interface EncodingProps {
  video: Video;
  transcoding: Transcoding | null;
  map: SegmentMap | null;
  playhead: Playhead;
}

export function Encoding({ video, transcoding, map, playhead }: EncodingProps) {
  const skipped = Object.entries(transcoding?.qualities ?? {}).filter(([, { status }]) => status === "skipped");
  return (
    <section class="panel encoding" aria-label={`${words.heading}: ${titleOf(video)}`}>
      <div class="panel-head">
        <h2>{words.heading}</h2>
        <p class="muted" role="status">
          {sentenceOf(video, transcoding, map)}
        </p>
      </div>
      {transcoding?.waiting && <p class="notice">{transcoding.waiting}</p>}
      {video.status === "failed" && <p class="fault">{transcoding?.error ?? video.error}</p>}
      {map && map.renditions.length > 0 ? (
        <Ladder map={map} playhead={playhead} />
      ) : (
        isInTheMaking(video) && <div class="blank-ladder" />
      )}
      {skipped.map(([name, { message = "" }]) => (
        <p key={name} class="muted small">
          {words.skipped(name, message)}
        </p>
      ))}
    </section>
  );
}

function sentenceOf({ status }: Video, transcoding: Transcoding | null, map: SegmentMap | null): string {
  if (status === "completed") return words.whole;
  if (status === "failed") return words.failed;
  if (status === "stopped") return words.stopped;
  if (!map || map.renditions.length === 0) return words.waitingForPlan;
  if (transcoding?.progress === 100) return words.finishing;
  const parts = [`${words.running} ${Math.floor(transcoding?.progress ?? 0)}%`];
  if (map.remaining_seconds) parts.push(words.left(span(map.remaining_seconds)));
  return parts.join(" · ");
}
