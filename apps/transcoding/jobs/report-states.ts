/**
 * Tells metadata how a job stands, and that there is a poster. What could not be told stays marked in the database, and is
 * told again later and later, or when metadata is back, so metadata may be away for as long as it likes.
 */
import type { VideoChanges } from "@video-backend/metadata/client";
import { errorCodes, isServiceError, messageOf } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { findImages } from "../images/find-images.ts";
import { statusOf } from "../reconcile/decide.ts";

/** @throws what metadata could not be told for; then it is to be called again */
export async function reportState(
  {
    jobs,
    store,
    metadata,
    reconciler,
    log,
  }: Pick<TranscodingDeps, "jobs" | "store" | "metadata" | "reconciler" | "log">,
  videoId: string,
): Promise<void> {
  const job = await jobs.find(videoId);
  if (!job || job.unreported === 0) return;
  try {
    const { poster } = await findImages(store, videoId);
    const json = { ...changesOf(job), ...(poster && { default_thumbnail_filename: poster }) };
    await parseResponse(metadata.videos[":hash"].$put({ param: { hash: videoId }, json }));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // It would be refused again: metadata knows better, or knows no such video, perhaps because it was deleted.
    log.warn({ videoId, state: job.state, reason: messageOf(error) }, "metadata did not take the state");
    reconciler.request(`video:${videoId}`);
  }
  await jobs.markReported(job);
}

/** An answer that the same call would get again. */
const isRefusal = (error: unknown): boolean => isServiceError(error) && errorCodes[error.code].status < 500;

function changesOf(job: JobRow): VideoChanges {
  const plan = job.plan;
  const seconds =
    plan &&
    Math.max(plan.video?.endSeconds ?? 0, ...plan.renditions.map((one) => ("endSeconds" in one ? one.endSeconds : 0)));
  return {
    transcoding_status: statusOf[job.state],
    error: job.error,
    ...(job.isPlayable === 1 && { playable: true as const }),
    ...(plan?.video && {
      original_resolution: `${plan.video.width}x${plan.video.height}`,
      original_quality_label: plan.video.qualityLabel,
    }),
    ...(seconds !== null && { duration: seconds }),
  };
}
