/**
 * The bit rate over time, from the sizes in the ledger: what the plan aims at is one thing, what the video needed is
 * another. Segments are spread over the points that they cover, so that a point is a mean whatever the lengths are.
 */
import { type Plan, type Rendition, wholeSeconds } from "@video-backend/media";
import type { SegmentRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { getJob } from "../jobs/jobs.ts";
import type { Bitrates } from "./contract.ts";

const mostPoints = 200;
/** Less than this, in seconds, says nothing of a rate: its key frame is most of it. */
const leastPeakSeconds = 1;

/** @throws ServiceError `not_found`: Status not found */
export async function measureBitrates(
  { jobs, ledger }: Pick<TranscodingDeps, "jobs" | "ledger">,
  videoId: string,
): Promise<Bitrates> {
  const plan = (await getJob({ jobs }, videoId)).plan;
  if (!plan) return { upload_id: videoId, step_seconds: 0, renditions: [] };
  const segments = await ledger.segments(videoId);
  const step = Math.max(plan.segmentSeconds, Math.ceil(wholeSeconds(plan) / mostPoints));
  return {
    upload_id: videoId,
    step_seconds: step,
    renditions: plan.renditions.map((rendition) => measure(plan, rendition, segments.of(rendition.name).rows(), step)),
  };
}

function measure(plan: Plan, { name, kind }: Rendition, made: SegmentRow[], step: number) {
  const points = Array.from({ length: Math.ceil(wholeSeconds(plan) / step) }, () => ({ bits: 0, seconds: 0 }));
  for (const { bytes, startSeconds, durationSeconds } of made) {
    const end = startSeconds + durationSeconds;
    for (let index = Math.floor(startSeconds / step); index * step < end && index < points.length; index++) {
      const point = points[index];
      const covered = Math.min(end, (index + 1) * step) - Math.max(startSeconds, index * step);
      if (!point || covered <= 0) continue;
      point.seconds += covered;
      point.bits += (8 * bytes * covered) / durationSeconds;
    }
  }
  const leastPointSeconds = Math.min(leastPeakSeconds, wholeSeconds(plan));
  const bytes = made.reduce((sum, row) => sum + row.bytes, 0);
  const seconds = made.reduce((sum, row) => sum + row.durationSeconds, 0);
  const long = made.filter((row) => row.durationSeconds >= leastPeakSeconds);
  const peak = Math.max(...long.map((row) => kbps(8 * row.bytes, row.durationSeconds) ?? 0));
  return {
    name,
    kind,
    bytes,
    average_kbps: kbps(8 * bytes, seconds),
    peak_kbps: long.length > 0 ? peak : null,
    kbps: points.map((point) => (point.seconds >= leastPointSeconds ? kbps(point.bits, point.seconds) : null)),
  };
}

const kbps = (bits: number, seconds: number): number | null => (seconds > 0 ? Math.round(bits / seconds / 1000) : null);
