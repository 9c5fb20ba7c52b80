/** Deletes all that this service has of a video: tasks first, then files, then rows. */
import { streamsKey } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import { closeSource } from "../sources/open-source.ts";
import { idPrefix } from "../tasks/task.ts";

/** Harmless where there is nothing. While it holds the video nothing can start on it, so no folder comes back. */
export async function deleteJob(
  deps: Pick<
    TranscodingDeps,
    "jobs" | "store" | "queue" | "exclusion" | "published" | "changes" | "workspace" | "openSources"
  >,
  videoId: string,
): Promise<void> {
  using _ = await deps.exclusion.acquire(videoId);
  await deps.queue.cancel(idPrefix(videoId));
  await closeSource(deps, videoId);
  await deps.store.remove(streamsKey(videoId));
  await deps.jobs.remove(videoId);
  deps.published.delete(videoId);
  deps.changes.tellWaiting(videoId, null);
}
