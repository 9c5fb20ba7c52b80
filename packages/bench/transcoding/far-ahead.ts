/**
 * A viewer seeks far ahead of the encoder: how long until the segment there is served, against an ffmpeg that makes just
 * this segment on an idle machine. Measured with the background encode at work, with its encoders frozen, so that nothing
 * but the demand needs the processors, and in the moment in which the upload is complete.
 */
import type { System } from "@video-backend/end-to-end/system";
import { type Plan, videoRenditions } from "@video-backend/media";
import { segmentFile } from "@video-backend/storage/layout";
import type { Bench, Part } from "../bench.ts";
import { getWhenThere } from "../poll.ts";
import { rounds, secondsOf, showSeconds } from "../rounds.ts";
import { encodeSegment, planOf } from "./bare-ffmpeg.ts";
import { freezeEncoders } from "./freeze-encoders.ts";
import { place, stop } from "./jobs.ts";
import { startMeasuredSystem } from "./settings.ts";

const rendition = "360p";
/** Further apart than what one demand makes, and as far from a key frame of the source each time: 16 s, of whole groups of 8 s. */
const indexStep = 4;
/** Of the last one from the end; it begins in the middle of a group, which is the mean of what a seek meets. */
const lastFromEnd = 3;

export const farAhead: Part = async (bench) => {
  const path = await bench.clips.long();
  const plan = await planOf(path);
  await using system = await startMeasuredSystem(bench);
  const measured = await seekInto(bench, system, path, plan);
  const atOnce = await seekAtOnce(bench, system, path, plan);
  const other = { name: "bare ffmpeg, idle", values: measured.bare };
  return [
    { what: "Seek far ahead, idle", unit: "s", ours: measured.idle, other: null, goal: { of: "ours", atMost: 1.5 } },
    { what: "Seek far ahead, idle", unit: "s", ours: measured.idle, other, goal: { of: "ours / other", atMost: 1.2 } },
    {
      what: "Seek far ahead, while encoding",
      unit: "s",
      ours: measured.busy,
      other,
      goal: { of: "ours / other", atMost: 2.5 },
    },
    { what: "Seek far ahead, just uploaded", unit: "s", ours: atOnce, other: null, goal: { of: "ours", atMost: 1.5 } },
  ];
};

/** Seeks into one video that is being encoded, each time to another place, from the end towards its start. */
async function seekInto(bench: Bench, system: System, path: string, plan: Plan) {
  const { signal } = bench;
  const videoId = await place(system, path);
  await receive(system, videoId, 0, signal);
  const transcodingId = system.process("transcoding")?.pid ?? 0;
  const indexes = farIndexes(plan);
  const seek = async () => {
    const index = indexes();
    const seconds = await secondsOf(() => receive(system, videoId, index, signal));
    // A demand makes the next ones, too; they are not to compete with what is measured next.
    await receive(system, videoId, index + 2, signal);
    return seconds;
  };
  const contestants = {
    busy: seek,
    idle: async () => {
      await using _frozen = await freezeEncoders(transcodingId, signal);
      return await seek();
    },
    bare: async () => {
      await using _frozen = await freezeEncoders(transcodingId, signal);
      return await secondsOf(() => encodeSegment(path, plan, { rendition, index: indexes() }, signal));
    },
  };
  const measured = await rounds(bench, bench.repetitions(5), contestants, showSeconds);
  await stop(system, videoId);
  return measured;
}

/** Seeks in a new video each time, when `upload/complete` has just answered. */
async function seekAtOnce(bench: Bench, system: System, path: string, plan: Plan): Promise<number[]> {
  const atOnce = async () => {
    const videoId = await place(system, path);
    const seconds = await secondsOf(() => receive(system, videoId, farIndexes(plan)(), bench.signal));
    await stop(system, videoId);
    return seconds;
  };
  return (await rounds(bench, bench.repetitions(3), { atOnce }, showSeconds)).atOnce;
}

/** Indexes near the end, another one each time. */
function farIndexes(plan: Plan): () => number {
  let next = (videoRenditions(plan)[0]?.segmentCount ?? 0) - lastFromEnd;
  return () => {
    const index = next;
    next -= indexStep;
    return index;
  };
}

const receive = (system: System, videoId: string, index: number, signal: AbortSignal) =>
  getWhenThere(`${system.url.streaming}/stream/${videoId}/${rendition}/${segmentFile(index)}`, signal);
