/** The segments of a rendition within a period, as DASH tells of them (ISO/IEC 23009-1, 5.3.9). */
import { segmentFile, segmentTemplate } from "@video-backend/storage/layout";
import { type Element, element } from "./element.ts";
import type { ListedSegment } from "./listed-segments.ts";

export interface TimelineOptions {
  /** File name of the init segment. */
  init: string;
  /** Ticks a second of all times in it; the finer, the truer. */
  timescale: number;
  /** Where the period begins. */
  startSeconds: number;
}

/**
 * A template, by which numbers are counted; where the source has nothing for some of them, a list by name, since a player
 * would ask for the missing ones. A segment lasts until the next one begins, unless there is a gap between the two.
 *
 * @param segments in order, at least one; their addresses are relative to the rendition's folder
 */
export function segmentTimeline(segments: ListedSegment[], options: TimelineOptions): Element {
  const { init, timescale, startSeconds } = options;
  const ticks = (seconds: number) => Math.round(seconds * timescale);
  const first = segments[0]?.index ?? 0;
  const isCounted = segments.every(({ index }, position) => index === first + position);
  const times = { timescale, presentationTimeOffset: ticks(startSeconds) || undefined };
  const timeline = element("SegmentTimeline", {}, stretchesOf(segments, ticks));
  if (isCounted) {
    const names = { initialization: init, media: segmentTemplate, startNumber: first };
    return element("SegmentTemplate", { ...times, ...names }, [timeline]);
  }
  return element("SegmentList", times, [
    element("Initialization", { sourceURL: init }),
    timeline,
    ...segments.map(({ index }) => element("SegmentURL", { media: segmentFile(index) })),
  ]);
}

/** Consecutive segments that last equally long are one element; only what does not follow on the one before says when. */
function stretchesOf(segments: ListedSegment[], ticks: (seconds: number) => number): Element[] {
  const stretches: { t: number | undefined; d: number; r: number }[] = [];
  let end = Number.NaN;
  for (const [position, segment] of segments.entries()) {
    const start = ticks(segment.startSeconds);
    const next = segments[position + 1];
    const isFollowed = next && next.startSeconds - endOf(segment) < gapSeconds;
    const d = (isFollowed ? ticks(next.startSeconds) : ticks(endOf(segment))) - start;
    const last = stretches.at(-1);
    if (last && start === end && last.d === d) last.r++;
    else stretches.push({ t: start === end ? undefined : start, d, r: 0 });
    end = start + d;
  }
  return stretches.map(({ t, d, r }) => element("S", { t, d, r: r || undefined }));
}

/** Further apart than this, two segments have a gap between them. */
const gapSeconds = 0.5;

const endOf = ({ startSeconds, durationSeconds }: ListedSegment): number => startSeconds + durationSeconds;
