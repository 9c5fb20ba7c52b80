/** Stops a video's transcoding: its encoder is dead when this resolves, and what is made stays and plays. */
import type { TranscodingDeps } from "../deps.ts";
import { type PublishDeps, publishPlaylists } from "../playlists/publish.ts";
import { closeSource } from "../sources/open-source.ts";
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
  deps: PublishDeps & Pick<TranscodingDeps, "queue" | "exclusion" | "changes" | "workspace" | "openSources" | "now">,
  videoId: string,
  by: "wish" | "call",
): Promise<void> {
  using _ = await deps.exclusion.acquire(videoId);
  const job = await getJob(deps, videoId);
  if (!isActive(job.state)) return;
  const stoppedByWish = by === "wish" ? 1 : 0;
  // While this holds the video nobody adds a task; whoever sees the state finds nothing at work any more.
  await deps.queue.cancel(idPrefix(videoId));
  await closeSource(deps, videoId);
  await deps.jobs.move(videoId, "stopped", { finishedAt: deps.now(), stoppedByWish, error: null, fault: null });
  await publishPlaylists(deps, videoId);
  deps.changes.tellWaiting(videoId, null);
  deps.changes.tell(videoId, "job");
}
