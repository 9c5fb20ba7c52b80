/**
 * How soon a video starts: from the answer of `upload/complete` until a player holds what it needs to show the first frame
 * with its audio. It must not depend on how long the video is.
 */
import type { Part } from "../bench.ts";
import { rounds, secondsOf, showSeconds } from "../rounds.ts";
import { place, stop } from "./jobs.ts";
import { receiveStart } from "./receive-start.ts";
import { startMeasuredSystem } from "./settings.ts";

export const startLatency: Part = async (bench) => {
  const paths = { short: await bench.clips.short(), long: await bench.clips.long() };
  await using system = await startMeasuredSystem(bench);
  const start = async (path: string) => {
    const videoId = await place(system, path);
    const master = `${system.url.streaming}/stream/${videoId}/master.m3u8`;
    const seconds = await secondsOf(() => receiveStart(master, bench.signal));
    await stop(system, videoId);
    return seconds;
  };
  const contestants = { short: () => start(paths.short), long: () => start(paths.long) };
  const { short, long } = await rounds(bench, bench.repetitions(7), contestants, showSeconds);
  return [
    { what: "Start of a 32 s video", unit: "s", ours: short, other: null, goal: { of: "ours", atMost: 1 } },
    { what: "Start of a 320 s video", unit: "s", ours: long, other: null, goal: { of: "ours", atMost: 1 } },
    {
      what: "Start, by length",
      unit: "s",
      ours: long,
      other: { name: "a tenth as long", values: short },
      goal: { of: "ours / other", atMost: 1.2 },
    },
  ];
};
