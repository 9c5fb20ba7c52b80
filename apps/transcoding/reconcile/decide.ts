/**
 * What has to be done about one video, given what metadata knows of it and the job that is here. Pure: state in, change
 * out, so that start, a lost event, a connection after days and an event of this moment all come to the same.
 */
import type { KnownVideo, TranscodingStatus, Video } from "@video-backend/metadata/client";
import type { JobRow } from "../database/schema.ts";
import { isActive, type JobState } from "../states.ts";

/**
 * `remove`: the job, its files and its rows. `stop`, `resume`, `start`: the job. `keep_stopped`: the job was stopped by a
 * call and metadata wants it stopped, so that taking that wish back resumes it. `none`: all is as it should be.
 */
export type Change = "remove" | "stop" | "resume" | "start" | "keep_stopped" | "none";

type Job = Pick<JobRow, "state" | "stoppedByWish">;

/**
 * A video that metadata does not know, and does not know as deleted either, changes nothing: metadata's database may have
 * been lost, and then what is here is all that is left.
 */
export function decide(known: KnownVideo, job: Job | null): Change {
  if (known.kind === "deleted") return "remove";
  if (known.kind === "unknown") return "none";
  const isStopWished = known.video.stopped === 1;
  if (!job) return isStopWished ? "none" : "start";
  if (isStopWished) {
    if (isActive(job.state)) return "stop";
    return job.state === "stopped" && job.stoppedByWish === 0 ? "keep_stopped" : "none";
  }
  return job.state === "stopped" && job.stoppedByWish === 1 ? "resume" : "none";
}

/** How metadata calls the states of a job. */
export const statusOf: Record<JobState, TranscodingStatus> = {
  queued: "pending",
  running: "transcoding",
  ok: "completed",
  error: "failed",
  stopped: "pending",
};

/** Whether metadata says something else of the job than it is, as after a report that got lost, or a restored database. */
export function isOutdated(video: Video, job: Pick<JobRow, "state" | "error" | "isPlayable">): boolean {
  if (video.transcoding_status !== statusOf[job.state] || video.error !== job.error) return true;
  if (job.isPlayable === 1 && video.playable_at === null) return true;
  return job.state === "ok" && video.duration === null;
}
