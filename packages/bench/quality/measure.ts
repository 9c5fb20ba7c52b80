/**
 * How like its source a rendition is: luma SSIM against the source's frames, deinterlaced and at the rendition's rate as the
 * plan says, scaled by zimg to the rung's size.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Plan, run, type VideoRendition } from "@video-backend/media";
import { createWorld } from "@video-backend/testing";
import { runToEnd } from "../run-to-end.ts";

/** In decibels, -10 log10(1 - SSIM). */
export interface Likeness {
  mean: number;
  /** Of the frames, the fifth in a hundred from below. */
  fifth: number;
}

/** A rendition as one file, init segment first. */
export interface Encoded {
  rung: VideoRendition;
  path: string;
}

/** One decode of the source for all its renditions; in their order. */
export async function measureLikeness(
  plan: Plan,
  source: string,
  encoded: Encoded[],
  signal?: AbortSignal,
): Promise<Likeness[]> {
  await using world = createWorld();
  const { video } = plan;
  if (!video) throw new Error(`${source} has no video`);
  const before = [
    ...(video.isInterlaced ? ["bwdif=mode=send_frame:deint=interlaced"] : []),
    ...(video.cappedFrameRate ? [`fps=${video.frameRate}`] : []),
    // The plan's times count from the start of the file. Rounded, a frame could come after the one that it is compared with.
    `settb=1/90000,setpts=PTS-${(await startOf(source)) + roundingSeconds}/TB`,
  ];
  const names = encoded.map((_, position) => `[source-${position}]`);
  const graph = [
    `[0:${video.stream}]${before.join(",")},split=${encoded.length}${names.join("")}`,
    ...encoded.map(({ rung }, position) => `${names[position]}${zimgScale(video.colour, rung)}[like-${position}]`),
    ...encoded.map(
      (_, position) => `[${position + 1}:v][like-${position}]ssim=stats_file=${position}.txt[out-${position}]`,
    ),
  ];
  await runToEnd(
    (command, args, options) => run(command, args, { ...options, directory: world.directory }),
    [
      ...["-nostdin", "-v", "error", "-copyts", "-i", source, ...encoded.flatMap(({ path }) => ["-i", path])],
      ...["-filter_complex", graph.join(";")],
      ...encoded.flatMap((_, position) => ["-map", `[out-${position}]`, "-f", "null", "-"]),
    ],
    signal,
  );
  return await Promise.all(
    encoded.map(async (_, position) => likenessOf(await readFile(join(world.directory, `${position}.txt`), "utf8"))),
  );
}

const roundingSeconds = 0.002;

/** Of all its streams, seconds. */
async function startOf(source: string): Promise<number> {
  let start = Number.NaN;
  const onLine = (line: string) => {
    start = Number(line);
  };
  await run("ffprobe", ["-v", "error", "-show_entries", "format=start_time", "-of", "csv=p=0", source], { onLine });
  if (Number.isNaN(start)) throw new Error(`ffprobe does not tell where ${source} begins`);
  return start;
}

function zimgScale({ matrix, isFullSwing }: NonNullable<Plan["video"]>["colour"], { width, height }: VideoRendition) {
  const size = `zscale=w=${width}:h=${height}:filter=bicubic`;
  if (matrix === "bt709" && !isFullSwing) return `${size},format=yuv420p`;
  const from = matrix === "bt601" ? "smpte170m" : "bt709";
  const told = `setparams=colorspace=${from}:color_trc=bt709:color_primaries=bt709`;
  const range = isFullSwing ? "full" : "limited";
  return `${told},${size}:min=${from}:rin=${range}:tin=bt709:pin=bt709:m=bt709:t=bt709:p=bt709:r=limited,format=yuv420p`;
}

/** @param stats what the filter `ssim` writes, a line a frame */
export function likenessOf(stats: string): Likeness {
  const luma = [...stats.matchAll(/\bY:([\d.]+)/g)].map(([, value]) => Number(value)).sort((a, b) => a - b);
  if (luma.length === 0) throw new Error("Not one frame was compared");
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
  return { mean: decibels(mean), fifth: decibels(luma[Math.floor(luma.length / 20)] ?? mean) };
}

/** Of a frame that is the same; the filter writes no more digits. */
const mostAlike = 1 - 1e-6;
const decibels = (ssim: number): number => -10 * Math.log10(1 - Math.min(ssim, mostAlike));
