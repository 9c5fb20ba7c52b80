/**
 * Long groups of pictures. A decoder that is to show a frame begins at the key frame before it; where that lies minutes
 * before, as in recordings with one key frame at their start, the way there takes longer than the encode. The plan says
 * where this is so, so that a task that has come far goes on there instead of being followed by one that begins anew.
 */
import { z } from "zod";

/** Groups that last longer, in seconds, are long. Encoders put key frames at most 10 s apart unless they are told not to. */
export const minLongGopSeconds = 30;

export const LongGop = z.object({
  /** Of its key frame, seconds from the start of the file. */
  startSeconds: z.number().nonnegative(),
  /** Of the next key frame, or the end of the video. */
  endSeconds: z.number().nonnegative(),
});
export type LongGop = z.infer<typeof LongGop>;

/**
 * @param keyFrames seconds from the start of the file, in any order
 * @returns none where no key frame is known
 */
export function longGopsOf(keyFrames: number[], endSeconds: number): LongGop[] {
  const starts = keyFrames.map((seconds) => Math.max(0, seconds)).sort((a, b) => a - b);
  return starts.flatMap((startSeconds, position) => {
    const gop = { startSeconds, endSeconds: starts[position + 1] ?? endSeconds };
    return gop.endSeconds - startSeconds > minLongGopSeconds ? [gop] : [];
  });
}

/** The long group in which this time lies, without its key frame; null where it lies in none. */
export function longGopAt(longGops: LongGop[], seconds: number): LongGop | null {
  return longGops.find(({ startSeconds, endSeconds }) => startSeconds < seconds && seconds < endSeconds) ?? null;
}

/** Whether the way there from the key frame is as long as a group that is called long. */
export const isFar = (longGops: LongGop[], seconds: number): boolean =>
  passedSeconds(longGops, seconds) > minLongGopSeconds;

/** Seconds of video that a decoder passes before it comes to this time; 0 where that is no long group. */
export function passedSeconds(longGops: LongGop[], seconds: number): number {
  const gop = longGopAt(longGops, seconds);
  return gop ? seconds - gop.startSeconds : 0;
}
