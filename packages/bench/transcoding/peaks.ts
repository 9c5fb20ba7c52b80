/**
 * What a job needs at most while it runs, and whether that grows with the length of the video: memory of the transcoding
 * service and its encoders, and bytes below its working directory. A long video is compared with as many short ones as
 * make the same length, one after another: a peak that lasts a moment is then looked for equally often on both sides.
 * Only 360p is made, to keep it short.
 */
import { copyFile, mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { System } from "@video-backend/end-to-end/system";
import type { Bench, Part } from "../bench.ts";
import { longRepeats } from "../clips.ts";
import { rounds } from "../rounds.ts";
import { start, untilDone } from "./jobs.ts";
import { startMeasuredSystem } from "./settings.ts";
import { type Peaks, watchPeaks } from "./watch-peaks.ts";

/** Mbit/s at which the ladder is 360p alone. */
const slowNetwork = 0.5;
/** Each value is the most of some thousand samples already, and a round takes two minutes. */
const roundCount = 1;
const mebibyte = 1024 * 1024;

export const peaks: Part = async (bench) => {
  const paths = { short: await bench.clips.short(), long: await bench.clips.long() };
  const contestants = {
    short: () => peaksOf(bench, paths.short, longRepeats),
    long: () => peaksOf(bench, paths.long, 1),
  };
  const show = ({ memory, disk }: Peaks) => `${memory.toFixed(1)} MiB of memory, ${disk.toFixed(2)} MiB of disk`;
  const { short, long } = await rounds(bench, roundCount, contestants, show);
  const row = (what: string, kind: keyof Peaks) => ({
    what,
    unit: "MiB" as const,
    ours: long.map((one) => one[kind]),
    other: { name: `${longRepeats} of 32 s`, values: short.map((one) => one[kind]) },
    goal: { of: "ours / other" as const, atMost: 1.2 },
  });
  return [row("Peak memory of a 320 s video", "memory"), row("Peak temporary disk of a 320 s video", "disk")];
};

/** Of so many jobs, one after another, in a system that has done nothing before; in MiB. */
async function peaksOf(bench: Bench, path: string, times: number): Promise<Peaks> {
  await using system = await startMeasuredSystem(bench);
  const watch = watchPeaks(system.process("transcoding")?.pid ?? 0, join(system.storage, "transcoding"));
  try {
    for (let time = 1; time <= times; time++) await transcode(system, path, `video-${time}`, bench.signal);
  } finally {
    await watch.end();
  }
  const { memory, disk } = watch.peaks();
  return { memory: memory / mebibyte, disk: disk / mebibyte };
}

/** A job without an upload, since upload asks for the whole ladder. */
async function transcode(system: System, path: string, videoId: string, signal: AbortSignal): Promise<void> {
  const filename = basename(path);
  const folder = join(system.storage, "originals", videoId);
  await mkdir(folder, { recursive: true });
  await copyFile(path, join(folder, filename));
  await start(system, { videoId, filename, networkSpeed: slowNetwork });
  await untilDone(system, videoId, signal);
}
