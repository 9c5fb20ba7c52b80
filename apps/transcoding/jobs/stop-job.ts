/** Stops a video's transcoding: its encoder is dead when this resolves, and what is made stays and plays. */
import { publishPlaylists } from "../engine/publish-playlists.ts";
import type { TranscodingDeps } from "../service.ts";
import { activeStates } from "./job-states.ts";
import { planOf } from "./jobs.ts";

/**
 * Stopping what is stopped, done or failed changes nothing.
 *
 * @param by whether metadata was asked, whose wish may be taken back, or this service was
 * @throws ServiceError `not_found`: Status not found
 */
export async function stopJob(deps: TranscodingDeps, videoId: string, by: "wish" | "call"): Promise<void> {
  deps.jobs.get(videoId);
  await deps.engine.end(videoId, async () => {
    const job = deps.jobs.get(videoId);
    if (!activeStates.some((state) => state === job.state)) return;
    deps.jobs.move(videoId, "stopped", { finishedAt: deps.now(), stoppedByWish: by === "wish" ? 1 : 0 });
    deps.progress.jobMoved(videoId);
    await deps.workspace.remove(videoId);
    const plan = planOf(job);
    if (plan) await publishPlaylists(deps, videoId, plan, { state: "ended", encoder: "" });
  });
}
