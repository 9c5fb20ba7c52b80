/**
 * Compares everything with metadata, at every connection of its feed: for what happened while this service, metadata or
 * the connection was down. What differs is reconciled video by video, so that one that fails keeps no other back.
 */
import { readAllVideos } from "@video-backend/metadata/client";
import type { TranscodingDeps } from "../deps.ts";
import { findOutdatedCaptions } from "../subtitles/compare-captions.ts";
import { decide, isOutdated } from "./decide.ts";

/** @throws ServiceError `unavailable` when metadata is away; then it is to be called again */
export async function reconcileAll(deps: TranscodingDeps, signal: AbortSignal): Promise<void> {
  const { reconciler } = deps;
  const known = await readAllVideos(deps.metadata, signal, async (videos) => {
    for (const video of videos) {
      const job = await deps.jobs.find(video.hash);
      const isSame = job && job.title === video.title && !isOutdated(video, job);
      if (!isSame || decide({ kind: "known", video }, job) !== "none") reconciler.request(`video:${video.hash}`);
    }
  });
  const unknown = (await deps.jobs.ids()).filter((videoId) => !known.has(videoId));
  for (const videoId of unknown) reconciler.request(`video:${videoId}`);
  if (unknown.length > 0) deps.log.warn({ jobs: unknown.length }, "metadata does not list the videos of some jobs");
  for (const videoId of await findOutdatedCaptions(deps)) reconciler.request(`captions:${videoId}`);
  // What could not be told while metadata was down is told now, and not at the end of a pause.
  for (const { videoId } of await deps.jobs.unreported()) reconciler.request(`report:${videoId}`);
  reconciler.request("leftovers");
}
