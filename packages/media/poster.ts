/**
 * The poster: one frame that stands for the video. Where to look for it, the command that makes a video of a moment and
 * measures it, and what to think of the measurement; all pure. A moment is first taken as the key frame before it, which
 * costs one decoded frame; the exact moment costs all frames since then and is only taken where no key frame is good.
 */

import { jpegArguments, jpegColours } from "./jpeg.ts";
import { fit } from "./ladder.ts";
import type { Plan } from "./plan.ts";
import { guardedInput } from "./spawn.ts";
import { decoderOptions, deinterlacing, toStandardVideo } from "./video-command.ts";

/** Pixels of the longer side, at most. */
const longestSide = 1280;

export interface PosterCandidate {
  /** From the start of the file. */
  seconds: number;
  /** `key`: the key frame at or before it; `exact`: the first frame at or after it. */
  frame: "key" | "exact";
}

export interface PosterSettings {
  /** Absolute path of the source, or of its Matroska copy. */
  source: string;
  /** Absolute path of the JPEG to make; empty or absent afterwards where the source has no frame there. */
  target: string;
  threads: number;
}

/** A frame in numbers, luma from 0 (black) to 255 (white). */
export interface FrameMeasure {
  mean: number;
  /** Between the darkest tenth and the brightest. */
  contrast: number;
  /** Between the darkest pixel and the brightest. */
  range: number;
}

type Video = NonNullable<Plan["video"]>;

/** Away from the beginning and the end, where titles and black are. */
const fractions = [0.1, 0.3, 0.5, 0.7, 0.9];
/** In a shorter video there are too few key frames to choose among. */
const leastKeySeconds = 10;

/** Where to look, in this order; the last one is there in every video. */
export function posterCandidates(video: Video): PosterCandidate[] {
  const startSeconds = video.heldUntilSeconds ?? video.startSeconds;
  const length = Math.max(0, (video.heldFromSeconds ?? video.endSeconds) - startSeconds);
  const times = fractions.map((fraction) => startSeconds + length * fraction);
  const all = (frame: PosterCandidate["frame"]) => times.map((seconds) => ({ seconds, frame }));
  return [
    ...(length >= leastKeySeconds ? all("key") : []),
    ...all("exact"),
    { seconds: startSeconds, frame: "key" } as const,
  ];
}

/** The arguments that make a JPEG of one frame; its measures are told on stdout. */
export function posterCommand(video: Video, candidate: PosterCandidate, settings: PosterSettings): string[] {
  const { seconds, frame } = candidate;
  const size = fit(video, { width: longestSide, height: longestSide });
  const filters = [
    ...deinterlacing(video),
    "trim=end_frame=1",
    toStandardVideo(video.colour, size),
    `scale=in_color_matrix=bt709:in_range=tv:${jpegColours}`,
    "format=yuvj420p,signalstats,metadata=mode=print:file=-",
  ];
  return [
    ...["-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", "-y", "-an", "-sn"],
    ...["-threads", String(settings.threads), ...(frame === "key" ? ["-noaccurate_seek"] : [])],
    ...["-ss", seconds.toFixed(3), ...guardedInput, ...decoderOptions(video), "-i", `file:${settings.source}`],
    ...["-map", `0:${video.stream}`, "-map_metadata", "-1", "-vf", filters.join(",")],
    // A key frame before the time that was sought has a negative time stamp, and would be dropped.
    ...["-fps_mode", "passthrough", "-frames:v", "1", ...jpegArguments, `file:${settings.target}`],
  ];
}

/** The measures in what `posterCommand` told; null where it found no frame. */
export function measureOf(lines: string[]): FrameMeasure | null {
  const values = new Map<string, number>();
  for (const line of lines) {
    const [, key, value] = /^lavfi\.signalstats\.(\w+)=([\d.]+)$/.exec(line) ?? [];
    if (key && !values.has(key)) values.set(key, Number(value));
  }
  const [mean, low, high, least, most] = ["YAVG", "YLOW", "YHIGH", "YMIN", "YMAX"].map((key) => values.get(key));
  if (mean === undefined || low === undefined || high === undefined) return null;
  return { mean, contrast: high - low, range: (most ?? high) - (least ?? low) };
}

/** Neither black, nor about to be, nor of one colour. */
export const isGoodPoster = ({ mean, contrast }: FrameMeasure): boolean => mean >= 24 && contrast >= 32;

/**
 * To choose among frames that are not good: the greater, the better. A line of text on an empty page has no contrast but a
 * range; noise in black has little of both.
 */
export const posterScore = ({ contrast, range }: FrameMeasure): number => contrast + range / 4;
