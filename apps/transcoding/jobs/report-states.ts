/**
 * Tells metadata how each job stands, and that there is a poster. What could not be told stays marked in the database and
 * is told later, so metadata may be away for as long as it likes.
 */

import type { TranscodingStatus, VideoChanges } from "@video-backend/metadata/client";
import { isServiceError, messageOf } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { JobRow } from "../database/schema.ts";
import { findPictures } from "../pictures/find-pictures.ts";
import type { TranscodingDeps } from "../service.ts";
import type { JobState } from "./job-states.ts";
import { planOf } from "./jobs.ts";

const statusOf: Record<JobState, TranscodingStatus> = {
  queued: "pending",
  running: "transcoding",
  ok: "completed",
  error: "failed",
  stopped: "pending",
};

/** Tells everything that is not told yet; stops at the first call that finds nobody. */
export async function reportStates(deps: TranscodingDeps): Promise<void> {
  for (const job of deps.jobs.unreported()) {
    try {
      const { poster } = await findPictures(deps.store, job.videoId);
      const json = { ...changesOf(job), ...(poster && { default_thumbnail_filename: poster }) };
      await parseResponse(deps.metadata.videos[":hash"].$put({ param: { hash: job.videoId }, json }));
    } catch (error) {
      if (isServiceError(error, "unavailable")) return;
      // Metadata knows no such video, or knows better: there is nobody to tell.
      deps.log.warn(
        { videoId: job.videoId, state: job.state, reason: messageOf(error) },
        "metadata did not take the state",
      );
    }
    deps.jobs.markReported(job);
  }
}

function changesOf(job: JobRow): VideoChanges {
  const plan = planOf(job);
  const seconds =
    plan &&
    Math.max(
      plan.picture?.endSeconds ?? 0,
      ...plan.renditions.map((one) => ("endSeconds" in one ? one.endSeconds : 0)),
    );
  return {
    transcoding_status: statusOf[job.state],
    error: job.error,
    ...(plan?.picture && {
      original_resolution: `${plan.picture.width}x${plan.picture.height}`,
      original_quality_label: plan.picture.qualityLabel,
    }),
    ...(seconds !== null && { duration: seconds }),
  };
}

/** Reports whenever a job moves, and every few seconds what is still unreported, until the signal aborts. */
export async function keepReporting(deps: TranscodingDeps, signal: AbortSignal, everySeconds = 3): Promise<void> {
  while (!signal.aborted) {
    const moved = Promise.withResolvers<void>();
    const unlisten = deps.progress.listenToMoves(() => moved.resolve());
    const timer = setTimeout(() => moved.resolve(), everySeconds * 1000);
    const abort = () => moved.resolve();
    signal.addEventListener("abort", abort, { once: true });
    await reportStates(deps).catch((error: unknown) => deps.log.error({ err: error }, "reporting failed"));
    await moved.promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    unlisten();
  }
}
