/**
 * The state of a video's transcoding, as data. The transcoding service is the one that moves it; `failed` may become
 * `completed` directly because a resumed job's start need not have been reported while this service was away.
 */
import type { TranscodingStatus } from "../database/schema.ts";

/** From a state to those it may become. Staying the same is always allowed. */
export const transitions: Record<TranscodingStatus, readonly TranscodingStatus[]> = {
  /** Registered by upload; nothing is made yet. Transcoding takes it from here. */
  pending: ["transcoding", "completed", "failed"],
  /** An encoder is at work or will be; back to pending when it is queued again. */
  transcoding: ["pending", "completed", "failed"],
  /** Ended with an error that the video tells. Only a new start leads out. */
  failed: ["pending", "transcoding", "completed"],
  /** Every segment is made and verified. Only a new plan leads out. */
  completed: ["transcoding"],
};

/** The states that may become `next`, itself included: the right side of `WHERE transcoding_status IN (…)`. */
export function statesBefore(next: TranscodingStatus): TranscodingStatus[] {
  const before = Object.entries(transitions).filter(([, after]) => after.includes(next));
  return [next, ...before.map(([state]) => state as TranscodingStatus)];
}
