/** Goes on with everything that is not whole. */
import { lookUpVideo } from "@video-backend/metadata/client";
import type { TranscodingDeps } from "../deps.ts";
import { requeue } from "./start-job.ts";

type ResumeDeps = Pick<TranscodingDeps, "jobs" | "exclusion" | "work" | "changes" | "reconciler" | "metadata" | "log">;

/**
 * Every job that failed, or was stopped and whose stop nobody wishes any more. One that waits or runs is not disturbed.
 *
 * @returns how many were set going
 */
export async function resumeJobs(deps: ResumeDeps): Promise<number> {
  let resumed = 0;
  for (const { videoId } of await deps.jobs.inStates(["error", "stopped"])) {
    if (await isStopWished(deps, videoId)) continue;
    if (await resumeJob(deps, videoId)) resumed++;
  }
  return resumed;
}

/** @returns false for a job that has not ended, is done or is gone */
export async function resumeJob(
  deps: Pick<ResumeDeps, "jobs" | "exclusion" | "work" | "changes">,
  videoId: string,
): Promise<boolean> {
  using _ = await deps.exclusion.acquire(videoId);
  const state = (await deps.jobs.find(videoId))?.state;
  if (state !== "error" && state !== "stopped") return false;
  await requeue(deps, videoId);
  return true;
}

/** What metadata says; while it is away, what it said last. A job whose video was deleted does not go on, but goes. */
async function isStopWished(deps: ResumeDeps, videoId: string): Promise<boolean> {
  try {
    const known = await lookUpVideo(deps.metadata, videoId);
    if (known.kind === "deleted") deps.reconciler.request(`video:${videoId}`);
    return known.kind === "deleted" || (known.kind === "known" && known.video.stopped === 1);
  } catch (error) {
    deps.log.warn({ videoId, err: error }, "metadata does not say whether this video is stopped");
    return (await deps.jobs.find(videoId))?.state === "stopped";
  }
}
