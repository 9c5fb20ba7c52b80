/**
 * What a rendition is beside its source: bytes, likeness, and how full a decoder's buffer must be able to get. Luma SSIM
 * against the source's frames, deinterlaced and at the rendition's rate as the plan says, scaled by zimg to the rung's size.
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
  const [line = ""] = await linesOfFfprobe(["-show_entries", "format=start_time"], source);
  return Number(line);
}

async function linesOfFfprobe(asked: string[], path: string): Promise<string[]> {
  const lines: string[] = [];
  const command = ["-v", "error", ...asked, "-of", "csv=p=0", path];
  const { exitCode, errors } = await run("ffprobe", command, { onLine: (line) => void lines.push(line) });
  if (exitCode !== 0) throw new Error(`ffprobe ended with ${exitCode}: ${errors}`);
  return lines;
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

export interface Packet {
  seconds: number;
  bytes: number;
}

/** The packets of a rendition in the order in which they are decoded. */
export async function packetsOf({ path }: Pick<Encoded, "path">): Promise<Packet[]> {
  const lines = await linesOfFfprobe(["-select_streams", "v:0", "-show_entries", "packet=dts_time,size"], path);
  return lines.map((line) => {
    const [seconds = Number.NaN, bytes = Number.NaN] = line.split(",").map(Number);
    return { seconds, bytes };
  });
}

/**
 * How large a buffer must be, in kbit, that is filled at `maxrateKbps` and gives each packet at once when it is decoded
 * (ITU-T H.264, C.1.1), over all of a stream; what the encoders were told is `bufferKbps`.
 */
export function neededBufferKbits(packets: Packet[], maxrateKbps: number): number {
  let owed = 0;
  let most = 0;
  let before = packets[0]?.seconds ?? 0;
  for (const { seconds, bytes } of packets) {
    owed = Math.max(0, owed - (seconds - before) * maxrateKbps) + (bytes * 8) / 1000;
    most = Math.max(most, owed);
    before = seconds;
  }
  return most;
}
