/** The jobs, one a video: finding them, making them, and the one guarded update by which they change state. */
import type { Plan } from "@video-backend/media";
import { ServiceError } from "@video-backend/service";
import type { JobRow, JobSummary } from "../database/schema.ts";
import { type FaultClass, type JobState, type Step, transitions } from "../states.ts";

export interface NewJob {
  videoId: string;
  filename: string;
  networkSpeed: number;
}

/** Mbit/s where nobody says how much the viewer has: every rung. */
export const defaultNetworkSpeed = 10;

/** What may be written with a move. */
export type JobFields = Partial<Pick<JobRow, "startedAt" | "finishedAt" | "error" | "fault" | "stoppedByWish">>;

/**
 * What every adapter promises; `database/stores.suite.ts` holds each of them to it. Writes wait for seconds while another program holds
 * the database, and fail then.
 */
export interface Jobs {
  find(videoId: string): Promise<JobRow | null>;
  /** The job where it is queued or running; else null. */
  findActive(videoId: string): Promise<JobRow | null>;
  inStates(states: readonly JobState[]): Promise<JobSummary[]>;
  /** The video ids of all jobs. */
  ids(): Promise<string[]>;
  /** How many there are in each state; a state without any is absent. */
  counts(): Promise<Map<JobState, number>>;
  /** Creates a queued job where the video has none; answers the one that is there. */
  ensure(job: NewJob): Promise<JobRow>;
  /**
   * Moves a job to `next`, and notes that metadata has not heard of it. A move to `queued` forgets which steps are done.
   * Throws ServiceError `conflict` when its state does not lead there, `not_found` where there is no job.
   */
  move(videoId: string, next: JobState, fields?: JobFields): Promise<JobRow>;
  /** Writes why a running job cannot be finished, once: the first reason counts. The next reconcile ends it. */
  recordFailure(videoId: string, error: string, fault: FaultClass | null): Promise<void>;
  /** Writes the plan, once; a plan that is there already is the one that counts. */
  keepPlan(videoId: string, plan: Plan): Promise<Plan>;
  /**
   * Takes an audio track out of the plan that nobody can encode, with the reason for people; once is enough. Answers false,
   * and changes nothing, where it is all that there is.
   */
  dropTrack(videoId: string, name: string, reason: string): Promise<boolean>;
  /** What people call the video; answers whether that is another title than before. */
  keepTitle(videoId: string, title: string | null): Promise<boolean>;
  /** Notes that it plays. True for the first time, and then there is something new to tell metadata. */
  notePlayable(videoId: string): Promise<boolean>;
  /** Notes of a stopped job that metadata wants it stopped, too: taking that wish back resumes it. */
  keepStoppedByWish(videoId: string): Promise<void>;
  /** Which of the steps beside the segments are done, with or without a result. */
  doneSteps(videoId: string): Promise<Set<Step>>;
  markStepDone(videoId: string, step: Step): Promise<void>;
  unreported(): Promise<JobSummary[]>;
  /** There is something new to tell metadata, though the state is the same. */
  markUnreported(videoId: string): Promise<void>;
  /** Metadata has heard of the job as it was in this row; what has changed since is still to be told. */
  markReported(told: JobSummary): Promise<void>;
  remove(videoId: string): Promise<void>;
}

/** @throws ServiceError `not_found`: Status not found */
export async function getJob({ jobs }: { jobs: Jobs }, videoId: string): Promise<JobRow> {
  const job = await jobs.find(videoId);
  if (!job) throw jobNotFound(videoId);
  return job;
}

export const jobNotFound = (videoId: string): ServiceError =>
  new ServiceError("not_found", "Status not found", { details: { upload_id: videoId } });

export const moveRefused = (videoId: string, state: JobState, next: JobState): ServiceError =>
  new ServiceError("conflict", `A job that is ${state} cannot become ${next}`, {
    details: { upload_id: videoId, state, accepted: transitions[state] },
  });
