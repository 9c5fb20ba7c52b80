/** Starts a video's transcoding, or goes on with it. Starting twice is harmless: there is one job a video. */
import { ServiceError } from "@video-backend/service";
import { originalKey, originalNameProblem } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../service.ts";
import type { NewJob } from "./jobs.ts";

/**
 * A job that is done stays done; one that failed or was stopped goes on from its ledger.
 *
 * @throws ServiceError `not_found`: Source file not found
 */
export async function startJob(deps: TranscodingDeps, request: NewJob): Promise<void> {
  const { videoId, filename } = request;
  await deps.engine.ended(videoId);
  if (originalNameProblem(filename) !== null || !(await deps.store.exists(originalKey(videoId, filename)))) {
    throw new ServiceError("not_found", "Source file not found", { details: { upload_id: videoId, filename } });
  }
  await deps.engine.ended(videoId);
  const job = deps.jobs.ensure(request);
  if (job.state === "error" || job.state === "stopped") requeue(deps, videoId);
  deps.engine.begin(videoId);
  // It may have been deleted or stopped before there was a job that could have been told.
  deps.reconciler.request(`video:${videoId}`);
}

/** Puts an ended job in line again. */
export function requeue(deps: TranscodingDeps, videoId: string): void {
  deps.jobs.move(videoId, "queued", { error: null, finishedAt: null, stoppedByWish: 0 });
  deps.progress.jobMoved(videoId);
}
