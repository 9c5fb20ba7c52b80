/** The states of a video, as data: who may see it, and how far its transcoding is. */

/** `private`: streaming serves it to nobody without a playback token. */
export const visibilities = ["public", "private"] as const;
export type Visibility = (typeof visibilities)[number];

export const transcodingStatuses = ["pending", "transcoding", "completed", "failed"] as const;
export type TranscodingStatus = (typeof transcodingStatuses)[number];

/**
 * From a status to those it may become. Staying the same is always allowed. `failed` may become `completed` directly: while
 * this service was down, the start of a resumed job need not have been reported.
 */
export const transitions: Record<TranscodingStatus, readonly TranscodingStatus[]> = {
  /** Registered by upload; nothing is encoded yet. Transcoding takes it from here. */
  pending: ["transcoding", "completed", "failed"],
  /** An encoder is running or will be; back to pending when the job is queued again. */
  transcoding: ["pending", "completed", "failed"],
  /** Ended with an error, which the video shows. Only a new start leads out. */
  failed: ["pending", "transcoding", "completed"],
  /** Every segment is encoded and verified. Only a new plan leads out. */
  completed: ["transcoding"],
};

/** The statuses that may become `next`, itself included: the right side of `WHERE transcoding_status IN (…)`. */
export function statusesBefore(next: TranscodingStatus): TranscodingStatus[] {
  const before = Object.entries(transitions).filter(([, after]) => after.includes(next));
  return [next, ...before.map(([status]) => status as TranscodingStatus)];
}
