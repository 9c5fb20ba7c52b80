/**
 * The states of a job and who moves it. Every move is one guarded update in `jobs.ts`; a move that is not listed here
 * is a conflict.
 */
export const jobStates = ["queued", "running", "ok", "error", "stopped"] as const;
export type JobState = (typeof jobStates)[number];

export const transitions: Record<JobState, readonly JobState[]> = {
  /** Put here by a start or a resume; the engine takes it on when it has looked at the source. */
  queued: ["running", "error", "stopped"],
  /** The plan is written and chunks are being made. Only the engine leads out, or somebody who stops it. */
  running: ["queued", "ok", "error", "stopped"],
  /** Every segment of the plan is in the ledger. Only files that are found lost lead out. */
  ok: ["queued"],
  /** Ended with a reason; a start or a resume tries again from the ledger. */
  error: ["queued"],
  /** Somebody stopped it; a start goes on from the ledger. */
  stopped: ["queued"],
};

/** The states from which a job may become `next`. */
export function statesBefore(next: JobState): JobState[] {
  return jobStates.filter((state) => transitions[state].includes(next));
}

/** The states in which the engine has, or will have, work to do. */
export const activeStates = ["queued", "running"] as const satisfies JobState[];
