/**
 * Tells metadata how each job stands, and that there is a poster. What could not be told stays marked in the database and
 * is told later, so metadata may be away for as long as it likes.
 */
import type { VideoChanges } from "@video-backend/metadata/client";
import { errorCodes, isServiceError, messageOf } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { JobRow } from "../database/schema.ts";
import { findPictures } from "../pictures/find-pictures.ts";
import { statusOf } from "../reconcile/decide.ts";
import type { TranscodingDeps } from "../service.ts";
import { planOf } from "./jobs.ts";

/**
 * Tells everything that is not told yet; stops at the first call that finds nobody. What metadata fails on is still to be
 * told, and keeps no other job back.
 *
 * @returns true when nothing is left that is to be told again
 */
export async function reportStates(deps: TranscodingDeps): Promise<boolean> {
  let isAllTold = true;
  for (const job of deps.jobs.unreported()) {
    try {
      const { poster } = await findPictures(deps.store, job.videoId);
      const json = { ...changesOf(job), ...(poster && { default_thumbnail_filename: poster }) };
      await parseResponse(deps.metadata.videos[":hash"].$put({ param: { hash: job.videoId }, json }));
    } catch (error) {
      if (isNobodyThere(error)) return false;
      const line = { videoId: job.videoId, state: job.state, reason: messageOf(error) };
      if (!isRefusal(error)) {
        deps.log.warn(line, "metadata could not be told the state; it is told again");
        isAllTold = false;
        continue;
      }
      // It would be refused again: metadata knows better, or knows no such video, perhaps because it was deleted.
      deps.log.warn(line, "metadata did not take the state");
      deps.reconciler.request(`video:${job.videoId}`);
    }
    deps.jobs.markReported(job);
  }
  return isAllTold;
}

/** No answer came; with an answer of 5xx the others may still be told. */
const isNobodyThere = (error: unknown): boolean => isServiceError(error, "unavailable") && error.cause !== undefined;

/** An answer that the same call would get again. */
const isRefusal = (error: unknown): boolean => isServiceError(error) && errorCodes[error.code].status < 500;

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

const maxPauseSeconds = 60;

/**
 * Reports whenever a job moves, and every few seconds what is still unreported, until the signal aborts. While some of it
 * fails, the pauses get longer.
 */
export async function keepReporting(deps: TranscodingDeps, signal: AbortSignal, everySeconds = 3): Promise<void> {
  let pauseSeconds = everySeconds;
  while (!signal.aborted) {
    const moved = Promise.withResolvers<void>();
    const unlisten = deps.progress.listenToMoves(() => moved.resolve());
    const abort = () => moved.resolve();
    signal.addEventListener("abort", abort, { once: true });
    const isAllTold = await reportStates(deps).catch((error: unknown) => {
      deps.log.error({ err: error }, "reporting failed");
      return false;
    });
    pauseSeconds = isAllTold ? everySeconds : Math.min(maxPauseSeconds, pauseSeconds * 2);
    const timer = setTimeout(() => moved.resolve(), pauseSeconds * 1000);
    await moved.promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    unlisten();
  }
}
