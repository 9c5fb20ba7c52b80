/**
 * Does one task: what a worker calls for each. What a task finds out is written to the stores, a failure too, so that the
 * next reconcile of the video knows what to do, wherever that happens.
 */
import { TaskCancelledError } from "@video-backend/queue";
import { messageOf } from "@video-backend/service";
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { encode } from "../encoding/encode.ts";
import { ChunkError, faultClassOf, waitAfter } from "../encoding/faults.ts";
import { makePoster } from "../images/make-poster.ts";
import { makeStoryboard } from "../images/make-storyboard.ts";
import { prepareSubtitles } from "../subtitles/prepare-subtitles.ts";
import { prepare } from "./prepare.ts";
import type { TranscodingTask } from "./task.ts";

/** @throws what is no failure of the video: an abort, no room on the disk, a database that another program holds */
export async function runTask(deps: TranscodingDeps, task: TranscodingTask, signal: AbortSignal): Promise<void> {
  const { videoId } = task;
  try {
    const job = await deps.jobs.findActive(videoId);
    // Stopped or deleted since it was added.
    if (!job) return;
    await handle(deps, task, job, signal);
    deps.changes.tellWaiting(videoId, null);
  } catch (error) {
    if (signal.aborted || error instanceof TaskCancelledError) throw error;
    const wait = waitAfter(error);
    if (wait === null) return recordFailure(deps, task, error);
    deps.changes.tellWaiting(videoId, wait);
    throw error;
  }
}

function handle(deps: TranscodingDeps, task: TranscodingTask, job: JobRow, signal: AbortSignal): Promise<void> {
  switch (task.kind) {
    case "prepare":
      return prepare(deps, job, signal);
    case "encode":
      return encode(deps, task, job, signal);
    case "poster":
      return makePoster(deps, job, signal);
    case "subtitles":
      return prepareSubtitles(deps, job, signal);
    case "storyboard":
      return makeStoryboard(deps, job, signal);
  }
}

/** An audio track that nobody can encode is left out; whatever else cannot be made ends the job. */
async function recordFailure(deps: TranscodingDeps, task: TranscodingTask, error: unknown): Promise<void> {
  const { videoId, id } = task;
  if (error instanceof ChunkError && task.kind === "encode" && task.chunk.kind === "audio") {
    const [track = ""] = task.chunk.renditions;
    deps.log.warn({ videoId, track, reason: error.message }, "an audio track is left out");
    if (await deps.jobs.dropTrack(videoId, track, error.message)) return deps.changes.tell(videoId, "tracks");
  }
  const fault = faultClassOf(error);
  if (fault === null) deps.log.error({ videoId, task: id, err: error }, "a task failed unexpectedly");
  await deps.jobs.recordFailure(videoId, messageOf(error), fault);
}
