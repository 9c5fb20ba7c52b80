/**
 * A whole file through the service, from the answer of `upload/complete` until it says that every segment is made (and a
 * poster beside them), against the same renditions by ffmpeg alone: in one process, which is the least that anybody needs, and in one process a rung.
 */
import type { Part } from "../bench.ts";
import { rounds, secondsOf, showSeconds } from "../rounds.ts";
import { encodeAtOnce, encodeOneByOne, planOf } from "./bare-ffmpeg.ts";
import { place, untilDone, untilMade } from "./jobs.ts";
import { startMeasuredSystem } from "./settings.ts";

export const wholeLadder: Part = async (bench) => {
  const { signal } = bench;
  const path = await bench.clips.ladder();
  const plan = await planOf(path);
  await using system = await startMeasuredSystem(bench);
  const contestants = {
    ours: async () => {
      const videoId = await place(system, path);
      const seconds = await secondsOf(() => untilMade(system, videoId, signal));
      await untilDone(system, videoId, signal);
      return seconds;
    },
    atOnce: () => secondsOf(() => encodeAtOnce(path, plan, signal)),
    oneByOne: () => secondsOf(() => encodeOneByOne(path, plan, signal)),
  };
  const { ours, atOnce, oneByOne } = await rounds(bench, bench.repetitions(5), contestants, showSeconds);
  return [
    {
      what: "Whole ladder",
      unit: "s",
      ours,
      other: { name: "one bare ffmpeg", values: atOnce },
      goal: { of: "ours / other", atMost: 0.98 },
    },
    {
      what: "Whole ladder",
      unit: "s",
      ours,
      other: { name: "an ffmpeg a rung, one after another", values: oneByOne },
      goal: { of: "other / ours", atLeast: 1.35 },
    },
  ];
};
