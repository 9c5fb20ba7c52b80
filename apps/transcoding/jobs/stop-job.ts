/** Stops a video's transcoding: its encoder is dead when this resolves, and what is made stays and plays. */
import type { TranscodingDeps } from "../deps.ts";
import { type PublishDeps, publishPlaylists } from "../playlists/publish.ts";
import { isActive } from "../states.ts";
import { idPrefix } from "../tasks/task.ts";
import { getJob } from "./jobs.ts";

/**
 * Stopping what is stopped, done or failed changes nothing.
 *
 * @param by whether metadata was asked, whose wish may be taken back, or this service was
 * @throws ServiceError `not_found`: Status not found
 */
export async function stopJob(
  deps: PublishDeps & Pick<TranscodingDeps, "queue" | "exclusion" | "changes" | "workspace" | "now">,
  videoId: string,
  by: "wish" | "call",
): Promise<void> {
  using _ = await deps.exclusion.acquire(videoId);
  const job = await getJob(deps, videoId);
  if (!isActive(job.state)) return;
  const stoppedByWish = by === "wish" ? 1 : 0;
  // Before tasks are cancelled: a task that a player's request adds after that finds that there is nothing to do.
  await deps.jobs.move(videoId, "stopped", { finishedAt: deps.now(), stoppedByWish, error: null, fault: null });
  await deps.queue.cancel(idPrefix(videoId));
  await deps.workspace.remove(videoId);
  await publishPlaylists(deps, videoId);
  deps.changes.tellWaiting(videoId, null);
  deps.changes.tell(videoId, "job");
}
