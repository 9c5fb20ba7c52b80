/**
 * Deletes all that this service has of a video: rows first, then tasks, then files. A task without its job does nothing, so none
 * that a player's request adds meanwhile puts a file back; files that a crash leaves are the janitor's.
 */
import { streamsKey } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import { idPrefix } from "../tasks/task.ts";

/** Harmless where there is nothing. While it holds the video nothing can start on it, so no folder comes back. */
export async function deleteJob(
  deps: Pick<TranscodingDeps, "jobs" | "store" | "queue" | "exclusion" | "published" | "changes" | "workspace">,
  videoId: string,
): Promise<void> {
  using _ = await deps.exclusion.acquire(videoId);
  await deps.jobs.remove(videoId);
  await deps.queue.cancel(idPrefix(videoId));
  await deps.workspace.remove(videoId);
  await deps.store.remove(streamsKey(videoId));
  deps.published.delete(videoId);
  deps.changes.tellWaiting(videoId, null);
}
