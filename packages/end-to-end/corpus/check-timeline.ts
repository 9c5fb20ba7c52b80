/**
 * Whether the segments of a rendition follow on each other as its playlist says: without a hole or an overlap between two,
 * in the order of decoding as in that of showing, and without a drift against the sum of the EXTINFs. Pure.
 */
import type { SegmentTimes } from "../segment-times.ts";

/** Of time bases, seconds. */
const toleranceSeconds = 0.002;

/** A segment's boxes, and what the playlist says of it. */
export interface ListedTimes {
  times: SegmentTimes;
  /** Its EXTINF. */
  durationSeconds: number;
}

/** A sentence for each kind of difference, with the worst of it. */
export function checkTimeline(name: string, segments: ListedTimes[]): string[] {
  const worst = new Map<string, { seconds: number; at: number }>();
  const note = (kind: string, seconds: number, at: number) => {
    if (seconds > Math.max(toleranceSeconds, worst.get(kind)?.seconds ?? 0)) worst.set(kind, { seconds, at });
  };
  const origin = segments[0]?.times.start ?? 0;
  let listed = origin;
  let previous: SegmentTimes | undefined;
  for (const { times, durationSeconds } of segments) {
    if (previous) {
      note("a hole", times.start - previous.end, times.start);
      note("an overlap", previous.end - times.start, times.start);
      note("a hole in decoding", times.decodeStart - previous.decodeEnd, times.start);
      note("an overlap in decoding", previous.decodeEnd - times.decodeStart, times.start);
    }
    note("a drift against the playlist", Math.abs(times.start - listed), times.start);
    listed += durationSeconds;
    previous = times;
  }
  if (previous) note("a drift against the playlist", Math.abs(previous.end - listed), previous.end);
  return [...worst].map(
    ([kind, { seconds, at }]) => `${name}: ${kind} of ${(seconds * 1000).toFixed(1)} ms at ${at.toFixed(3)} s`,
  );
}
