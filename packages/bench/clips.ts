/** The sources of the bench, each made when a part first asks for it. */

import { run } from "@video-backend/media";
import { makeClip, type World } from "@video-backend/testing";
import { source } from "@video-backend/testing/media";
import { runToEnd } from "./run-to-end.ts";

export interface Clips {
  /** The file whose whole ladder is made: the one that was asked for, or the real one of 26 s, or a generated one like it. */
  ladder(): Promise<string>;
  /** 32 s of 1080p30 with audio, a key frame every 8 s. */
  short(): Promise<string>;
  /** The short one `longRepeats` times over. */
  long(): Promise<string>;
}

/** So many short ones make the long one. */
export const longRepeats = 10;

const fullHd = { width: 1920, height: 1080, rate: "30" };
/** Whole packets of audio and whole frames, so that the copies meet without a gap. */
const shortSeconds = 32;
/** Key frames every 8 s, near x264's default: a seek has to decode far back, and by a distance that is known. */
const keyFrames = ["-preset", "veryfast", "-g", "240", "-sc_threshold", "0"];

/** @param given the path of the file to use for the ladder */
export function createClips(world: World, given: string | null): Clips {
  const short = once(() => makeClip(world.path("short.mp4"), { ...fullHd, seconds: shortSeconds, extra: keyFrames }));
  return {
    ladder: once(async () => {
      if (given) return given;
      return source("h264-aac-1080p25-26s.mp4", world.path("ladder.mp4"), { ...fullHd, seconds: 26 });
    }),
    short,
    long: once(async () => {
      const path = world.path("long.mp4");
      const loop = ["-stream_loop", String(longRepeats - 1), "-i", await short(), "-c", "copy"];
      await runToEnd(run, ["-nostdin", "-v", "error", ...loop, path]);
      return path;
    }),
  };
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
