/** A plan of two rungs with audio, eight seconds long, and rows of its ledger, for tests. */
import { examplePlan } from "../example-plan.ts";
import { type Plan, type VideoRendition, videoRenditions } from "../plan.ts";
import type { LedgerSegment } from "./listed-segments.ts";

/** 480p and 360p in segments of four seconds, without a ramp. */
export const shortPlan: Plan = { ...examplePlan({ width: 854, height: 480, endSeconds: 8 }), ramp: [] };
for (const rendition of videoRenditions(shortPlan)) rendition.segmentCount = 2;

export const lowestRung = videoRenditions(shortPlan).at(-1) as VideoRendition;

/** A row as libx264, or ffmpeg's AAC, makes it of a segment of four seconds. */
export function segment(rendition: string, index: number, more: Partial<LedgerSegment> = {}): LedgerSegment {
  const isAudio = rendition.startsWith("audio");
  return {
    rendition,
    index,
    bytes: 500_000,
    keyFrameBytes: isAudio ? 0 : 20_000,
    startSeconds: index * 4,
    durationSeconds: 4,
    samples: 100,
    init: isAudio ? "init-aac.mp4" : "init-libx264.mp4",
    codec: isAudio ? "mp4a.40.2" : "avc1.4d401e",
    ...more,
  };
}
