/** What both sides encode with: the same encoder, preset, rate control, segments and processors. */
import { availableParallelism } from "node:os";
import { type System, startSystem } from "@video-backend/end-to-end/system";
import type { RateControl } from "@video-backend/media";
import type { Bench } from "../bench.ts";

export const segmentSeconds = 4;
export const x264Preset = "veryfast";
export const rateControl: RateControl = "quality";
export const threads = availableParallelism();

/**
 * The five services over a storage directory of their own.
 *
 * @param more further environment, such as the rate control where it is not the default
 */
export function startMeasuredSystem(
  { signal }: Pick<Bench, "signal">,
  more: Record<string, string> = {},
): Promise<System> {
  signal.throwIfAborted();
  return startSystem({
    ENCODER: "libx264",
    SEGMENT_SECONDS: String(segmentSeconds),
    X264_PRESET: x264Preset,
    RATE_CONTROL: rateControl,
    TRANSCODE_CPUS: String(threads),
    ...more,
  });
}
