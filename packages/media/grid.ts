/**
 * The grid of times at which segments begin: every so many seconds, the same for all renditions; and the ramp, by which the
 * video's first interval is cut once more, so that the first segments are made in no time.
 */

export interface Grid {
  /** Whole, so that every time base can express the boundaries. */
  segmentSeconds: number;
  /** Cuts within the video's first interval, in seconds, ascending. */
  ramp: number[];
}

/** Where on the grid a segment begins; frames before it belong to the segment before. */
export function gridSeconds({ segmentSeconds, ramp }: Grid, kind: "video" | "audio", index: number): number {
  const cuts = kind === "video" ? ramp : [];
  if (index === 0) return 0;
  return cuts[index - 1] ?? (index - cuts.length) * segmentSeconds;
}

/** The index of the segment in whose interval this time lies. */
export function gridIndex({ segmentSeconds, ramp }: Grid, kind: "video" | "audio", seconds: number): number {
  const cuts = kind === "video" ? ramp : [];
  const interval = Math.max(0, Math.floor(seconds / segmentSeconds));
  return interval === 0 ? cuts.filter((cut) => cut <= seconds).length : interval + cuts.length;
}

/** Less video than this, in seconds, is no first segment. */
const leastRampSeconds = 0.5;
/** Frames a second; fewer are slides. */
export const leastRampFrameRate = 5;

/** One second, and then twice as far each time, up to the segment's length. */
export function rampFrom(startSeconds: number, frameRate: number, segmentSeconds: number): number[] {
  const ramp: number[] = [];
  for (let at = 1; at < segmentSeconds && frameRate >= leastRampFrameRate; at *= 2) {
    if (at >= startSeconds + leastRampSeconds) ramp.push(at);
  }
  return ramp;
}
