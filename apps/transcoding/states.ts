/**
 * The values that rows and answers have in common. First the states of a job and who moves it: every move is one guarded
 * update in the store of jobs, and a move that is not listed here is a conflict.
 */
export const jobStates = ["queued", "running", "ok", "error", "stopped"] as const;
export type JobState = (typeof jobStates)[number];

export const transitions: Record<JobState, readonly JobState[]> = {
  /** Put here by a start or a resume; leaves when its source was examined. */
  queued: ["running", "error", "stopped"],
  /** The plan is written and its segments are being made. A reconcile leads out, a stop, or a restart of the service. */
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

export const isActive = (state: JobState | undefined): boolean => activeStates.some((active) => active === state);

/**
 * Class of what went wrong. `source`: nobody can make it. `encoder`: another encoder, or another try, may. `disk`: it can be
 * made once there is room. `stopped`: somebody wanted it so.
 */
export const faultClasses = ["source", "encoder", "disk", "stopped"] as const;
export type FaultClass = (typeof faultClasses)[number];

/** What is made of a video beside its segments, each once a job. */
export const stepNames = ["poster", "subtitles", "storyboard"] as const;
export type Step = (typeof stepNames)[number];

/** `embedded`: a track of the source. `sidecar`: given to metadata. */
export const subtitleSources = ["embedded", "sidecar"] as const;
