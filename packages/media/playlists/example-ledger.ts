/** A plan of two rungs with sound, eight seconds long, and rows of its ledger, for tests. */
import { examplePlan } from "../example-plan.ts";
import { type PictureRendition, type Plan, pictureRenditions } from "../plan.ts";
import type { LedgerSegment } from "./listed-segments.ts";

/** 480p and 360p in segments of four seconds, without a ramp. */
export const shortPlan: Plan = { ...examplePlan({ width: 854, height: 480, endSeconds: 8 }), ramp: [] };
for (const rendition of pictureRenditions(shortPlan)) rendition.segmentCount = 2;

export const lowestRung = pictureRenditions(shortPlan).at(-1) as PictureRendition;

/** A row as libx264, or ffmpeg's AAC, makes it of a segment of four seconds. */
export function segment(rendition: string, index: number, more: Partial<LedgerSegment> = {}): LedgerSegment {
  const isSound = rendition.startsWith("audio");
  return {
    rendition,
    index,
    bytes: 500_000,
    keyFrameBytes: isSound ? 0 : 20_000,
    startSeconds: index * 4,
    durationSeconds: 4,
    samples: 100,
    init: isSound ? "init-aac.mp4" : "init-libx264.mp4",
    codec: isSound ? "mp4a.40.2" : "avc1.4d401e",
    ...more,
  };
}
