/**
 * The other side: ffmpeg alone, with the very arguments that jobs use, into an empty directory that is gone afterwards. It
 * runs at normal priority, as one who types the command would have it; the service's background encoders give way to
 * others, so on a busy machine the comparison is against us.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  audioCommand,
  audioRenditions,
  type Chunk,
  type CommandSettings,
  libx264,
  makePlan,
  type Plan,
  probe,
  run,
  videoCommand,
  videoRenditions,
} from "@video-backend/media";
import { createWorld } from "@video-backend/testing";
import { runToEnd } from "../run-to-end.ts";
import { rateControl, segmentSeconds, threads, x264Preset } from "./settings.ts";

/** Mbit/s that upload hands on: all rungs. */
const networkSpeed = 10;

/** The plan that the service makes of this file, too. */
export async function planOf(path: string): Promise<Plan> {
  return makePlan(await probe(path, run), { segmentSeconds, networkSpeed, rateControl });
}

/** One process for everything: one decode, each rung scaled from the one above, and the audio. */
export function encodeAtOnce(path: string, plan: Plan, signal: AbortSignal): Promise<void> {
  const names = videoRenditions(plan).map((rung) => rung.name);
  return encodeAll(path, plan, [names], signal);
}

/** A process for each rung, one after another, each decoding for itself; the last makes the audio as well. */
export function encodeOneByOne(path: string, plan: Plan, signal: AbortSignal): Promise<void> {
  return encodeAll(
    path,
    plan,
    videoRenditions(plan).map((rung) => [rung.name]),
    signal,
  );
}

/** One segment of one rung. */
export async function encodeSegment(
  path: string,
  plan: Plan,
  { rendition, index }: { rendition: string; index: number },
  signal: AbortSignal,
): Promise<void> {
  await withDirectory(path, plan, async (settings) => {
    const chunk: Chunk = { kind: "video", renditions: [rendition], first: index, count: 1 };
    await runToEnd(run, videoCommand(plan, chunk, settings), signal);
  });
}

async function encodeAll(path: string, plan: Plan, processes: string[][], signal: AbortSignal): Promise<void> {
  const count = videoRenditions(plan)[0]?.segmentCount ?? 0;
  await withDirectory(path, plan, async (settings) => {
    for (const [position, renditions] of processes.entries()) {
      const video = videoCommand(plan, { kind: "video", renditions, first: 0, count }, settings);
      const isLast = position === processes.length - 1;
      await runToEnd(run, isLast ? withAudio(video, plan, settings) : video, signal);
    }
  });
}

/** The audio as one more output of a video command: what follows the input in an audio command. */
function withAudio(video: string[], plan: Plan, settings: CommandSettings): string[] {
  const outputs = audioRenditions(plan).flatMap(({ name, segmentCount }) => {
    const alone = audioCommand(plan, { kind: "audio", renditions: [name], first: 0, count: segmentCount }, settings);
    return alone.slice(alone.indexOf("-map"), alone.indexOf("-progress"));
  });
  const progress = video.indexOf("-progress");
  return [...video.slice(0, progress), ...outputs, ...video.slice(progress)];
}

async function withDirectory(
  source: string,
  plan: Plan,
  work: (settings: CommandSettings) => Promise<void>,
): Promise<void> {
  await using world = createWorld();
  const { directory } = world;
  await Promise.all(plan.renditions.map(({ name }) => mkdir(join(directory, name))));
  await work({ source, directory, threads, x264Preset, encoder: libx264, reportSeconds: 0.5 });
}
