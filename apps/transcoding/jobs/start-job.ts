/** Starts a video's transcoding, or goes on with it. Starting twice is harmless: there is one job a video. */
import { ServiceError } from "@video-backend/service";
import { originalKey, originalNameProblem } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import type { NewJob } from "./jobs.ts";

/**
 * A job that is done stays done; one that failed or was stopped goes on from its ledger.
 *
 * @throws ServiceError `not_found`: Source file not found
 */
export async function startJob(
  deps: Pick<TranscodingDeps, "jobs" | "store" | "exclusion" | "work" | "changes" | "reconciler">,
  request: NewJob,
): Promise<void> {
  const { videoId, filename } = request;
  // After a deletion in progress, which removes what is looked for here.
  using _ = await deps.exclusion.acquire(videoId);
  if (originalNameProblem(filename) !== null || !(await deps.store.exists(originalKey(videoId, filename)))) {
    throw new ServiceError("not_found", "Source file not found", { details: { upload_id: videoId, filename } });
  }
  const job = await deps.jobs.ensure(request);
  if (job.state === "error" || job.state === "stopped") await requeue(deps, videoId);
  deps.work.request(videoId);
  // It may have been deleted or stopped before there was a job that could have been told.
  deps.reconciler.request(`video:${videoId}`);
}

/** Puts an ended job in line again; whoever calls it holds the video. */
export async function requeue(
  { jobs, work, changes }: Pick<TranscodingDeps, "jobs" | "work" | "changes">,
  videoId: string,
): Promise<void> {
  await jobs.move(videoId, "queued", { error: null, fault: null, finishedAt: null, stoppedByWish: 0 });
  changes.tell(videoId, "job");
  work.request(videoId);
}
