/** Brings one video in line with metadata: its job, its title, and what metadata was told of it. */
import { lookUpVideo } from "@video-backend/metadata/client";
import { isServiceError } from "@video-backend/service";
import type { TranscodingDeps } from "../deps.ts";
import { deleteJob } from "../jobs/delete-job.ts";
import { defaultNetworkSpeed } from "../jobs/jobs.ts";
import { resumeJob } from "../jobs/resume-jobs.ts";
import { startJob } from "../jobs/start-job.ts";
import { stopJob } from "../jobs/stop-job.ts";
import { type Change, decide, isOutdated } from "./decide.ts";

/** @throws what metadata, storage or database fail with; then nothing is decided, and it may be called again */
export async function reconcileVideo(deps: TranscodingDeps, videoId: string, signal: AbortSignal): Promise<void> {
  const known = await lookUpVideo(deps.metadata, videoId, signal);
  signal.throwIfAborted();
  const change = decide(known, await deps.jobs.find(videoId));
  if (change !== "none") deps.log.info({ videoId, change }, "brought in line with metadata");
  const filename = known.kind === "known" ? known.video.filename : "";
  await apply(deps, videoId, change, filename);
  if (known.kind !== "known") return;
  if (await deps.jobs.keepTitle(videoId, known.video.title)) deps.changes.tell(videoId, "tracks");
  const job = await deps.jobs.find(videoId);
  if (job && job.unreported === 0 && isOutdated(known.video, job)) {
    await deps.jobs.markUnreported(videoId);
    deps.reconciler.request(`report:${videoId}`);
  }
}

async function apply(deps: TranscodingDeps, videoId: string, change: Change, filename: string): Promise<void> {
  switch (change) {
    case "none":
      return;
    case "remove":
      return deleteJob(deps, videoId);
    case "stop":
      return stopJob(deps, videoId, "wish");
    case "keep_stopped":
      return deps.jobs.keepStoppedByWish(videoId);
    case "resume":
      return void (await resumeJob(deps, videoId));
    case "start":
      try {
        await startJob(deps, { videoId, filename, networkSpeed: defaultNetworkSpeed });
      } catch (error) {
        // Not uploaded yet, or its original is gone: there is nothing to start.
        if (!isServiceError(error, "not_found")) throw error;
      }
  }
}
