/** How long somebody has to wait for a segment to which a decoder has a long way, from how far decoders have come. */

import type { Way } from "../changes.ts";

/** Decoding alone is so many times as fast as to encode all rungs beside it; measured with easy and with hard videos. */
export const decodingSpeed = 8;

/** A task whose decoder has a long way, or has gone a part of it. */
export interface FarTask {
  /** Of the key frame, seconds from the start of the file. */
  fromSeconds: number;
  /** Of its last segment. */
  endSeconds: number;
  /** Null where it has not begun, or nothing was passed yet. */
  way: Way | null;
}

/**
 * @param targetSeconds end of the segment
 * @param ahead tasks that have to end before this one begins
 * @param workers how many tasks are done at the same time
 * @returns whole seconds, at least 1
 */
export function estimateWait(task: FarTask, targetSeconds: number, ahead: FarTask[], workers: number): number {
  const paces = [task, ...ahead].flatMap(({ way }) => paceOf(way) ?? []);
  const pace = paces[0] ?? 1 / decodingSpeed;
  const left = ahead.map((one) => secondsLeft(one, one.endSeconds) * (paceOf(one.way) ?? pace));
  const begins = left.reduce((sum, seconds) => sum + seconds, 0) / workers;
  return Math.max(1, Math.ceil(begins + secondsLeft(task, targetSeconds) * pace));
}

/** Seconds that it took for a second of video. */
function paceOf(way: Way | null): number | null {
  return way && way.toSeconds > way.fromSeconds ? way.tookSeconds / (way.toSeconds - way.fromSeconds) : null;
}

/** Seconds of video up to this time. */
const secondsLeft = ({ way, fromSeconds }: FarTask, targetSeconds: number): number =>
  Math.max(0, targetSeconds - (way?.toSeconds ?? fromSeconds));
