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
  /** `filmHours` of a still image in 1080p30 with audio, in few bytes. */
  film(): Promise<string>;
}

/** So many short ones make the long one. */
export const longRepeats = 10;
export const filmHours = 10;
/** Whole packets of audio, whole frames and whole segments. */
const pieceSeconds = 64;

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
    long: once(async () => repeated(await short(), longRepeats, world.path("long.mp4"))),
    film: once(async () => {
      const still = ["-vf", "loop=loop=-1:size=1,setpts=N/30/TB", "-t", String(pieceSeconds), "-b:a", "16k"];
      const extra = [...still, "-g", "240", "-crf", "40"];
      const piece = await makeClip(world.path("piece.mp4"), { ...fullHd, seconds: pieceSeconds, extra });
      return repeated(piece, (filmHours * 3600) / pieceSeconds, world.path("film.mp4"));
    }),
  };
}

/** @returns `target` */
export async function repeated(piece: string, times: number, target: string): Promise<string> {
  const loop = ["-stream_loop", String(Math.ceil(times) - 1), "-i", piece, "-c", "copy"];
  await runToEnd(run, ["-nostdin", "-v", "error", ...loop, target]);
  return target;
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
