/** Goes on with everything that is not whole. */
import { lookUpVideo } from "@video-backend/metadata/client";
import type { TranscodingDeps } from "../service.ts";
import { requeue } from "./start-job.ts";

/**
 * Every job that failed, waits, or was stopped and whose stop nobody wishes any more. A job that runs is not disturbed.
 *
 * @returns how many were set going
 */
export async function resumeJobs(deps: TranscodingDeps): Promise<number> {
  let resumed = 0;
  for (const { videoId } of deps.jobs.inStates(["queued", "running", "error", "stopped"])) {
    if (deps.engine.isAtWork(videoId)) continue;
    if (await isStopWished(deps, videoId)) continue;
    await deps.engine.ended(videoId);
    const job = deps.jobs.find(videoId);
    if (!job || job.state === "ok" || deps.engine.isAtWork(videoId)) continue;
    if (job.state === "error" || job.state === "stopped") requeue(deps, videoId);
    deps.engine.begin(videoId);
    resumed++;
  }
  return resumed;
}

/** What metadata says; while it is away, what it said last. A job whose video was deleted does not go on, but goes. */
async function isStopWished(deps: TranscodingDeps, videoId: string): Promise<boolean> {
  try {
    const known = await lookUpVideo(deps.metadata, videoId);
    if (known.kind === "deleted") deps.reconciler.request(`video:${videoId}`);
    return known.kind === "deleted" || (known.kind === "known" && known.video.stopped === 1);
  } catch (error) {
    deps.log.warn({ videoId, err: error }, "metadata does not say whether this video is stopped");
    return deps.jobs.find(videoId)?.state === "stopped";
  }
}
