/**
 * From a chunk to the whole ffmpeg command; pure, so that tests can compare every argument. The flags that look odd were
 * each measured: an absolute time line (`-copyts -start_at_zero`), a seek one second early with `trim` for the exact cut,
 * and `-hls_time` far below the segment length so that the muxer cuts at every forced key frame and nowhere else.
 */
import type { Chunk } from "./chunks.ts";
import { gridSeconds, type PictureRendition, type Plan, type SoundRendition } from "./plan.ts";
import { guardedInput } from "./probe.ts";

export interface CommandSettings {
  /** Absolute path of the source, or of its Matroska copy. */
  source: string;
  /** An empty directory with one folder a rendition; segments appear there as `{rendition}/{index}.m4s`. */
  directory: string;
  /** Of the decoder, the filters and each encoder. */
  threads: number;
  x264Preset: string;
}

/** The init segment's file name in every rendition's folder. */
export const initName = "init.mp4";
export const segmentName = (index: number): string => `${index}.m4s`;

const quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-nostats"];
const progress = ["-progress", "pipe:1", "-stats_period", "0.1"];
const untagged = ["-map_metadata", "-1", "-map_chapters", "-1"];

/** The arguments that encode a picture chunk: one decode, each rung scaled from the one above. */
export function pictureCommand(plan: Plan, chunk: Chunk, settings: CommandSettings): string[] {
  const rungs = chunk.renditions.map((name) => pictureRendition(plan, name));
  const startSeconds = gridSeconds(plan, chunk.first);
  const lastIndex = chunk.first + chunk.count - 1;
  const isEnd = lastIndex === (rungs[0]?.segmentCount ?? 0) - 1;
  const endSeconds = isEnd ? null : gridSeconds(plan, lastIndex + 1);
  return [
    ...quiet,
    ...["-y", "-threads", String(settings.threads)],
    ...seekTo(startSeconds - 1),
    ...["-copyts", "-start_at_zero"],
    ...guardedInput,
    ...["-i", `file:${settings.source}`],
    ...["-filter_complex_threads", String(settings.threads)],
    ...["-filter_complex", pictureGraph(plan, rungs, startSeconds, endSeconds)],
    ...rungs.flatMap((rung) => [
      ...["-map", `[${rung.name}]`, ...untagged],
      ...x264(plan, rung, chunk, settings),
      ...["-fps_mode", "passthrough", "-enc_time_base", `1:${plan.picture?.timescale ?? 90_000}`],
      ...hls(rung.name, chunk.first, settings.directory, 0.1, ["-hls_segment_options", "movflags=+frag_discont"]),
    ]),
    ...progress,
  ];
}

/** The arguments that encode the whole of a sound rendition in one pass, from silence where the track starts late. */
export function soundCommand(plan: Plan, chunk: Chunk, settings: CommandSettings): string[] {
  const rendition = soundRendition(plan, chunk.renditions[0]);
  const filters = `aresample=${rendition.sampleRate}:async=1:first_pts=0,aformat=channel_layouts=stereo`;
  return [
    ...quiet,
    ...["-y", "-vn", "-copyts", "-start_at_zero"],
    ...guardedInput,
    ...["-i", `file:${settings.source}`],
    ...["-map", `0:${rendition.stream}`, ...untagged, "-af", filters],
    ...["-c:a", "aac", "-b:a", `${rendition.kbps}k`],
    ...hls(rendition.name, 0, settings.directory, plan.segmentSeconds, []),
    ...progress,
  ];
}

/** The arguments that copy a source into Matroska, which seeks exactly; times begin at 0 there. */
export function remuxCommand(source: string, target: string, streams: number[]): string[] {
  return [
    ...quiet,
    ...["-y", ...guardedInput, "-i", `file:${source}`],
    ...streams.flatMap((stream) => ["-map", `0:${stream}`]),
    ...["-c", "copy", ...untagged, "-f", "matroska", `file:${target}`],
  ];
}

function seekTo(seconds: number): string[] {
  return seconds > 0 ? ["-noaccurate_seek", "-ss", String(seconds)] : [];
}

function pictureGraph(plan: Plan, rungs: PictureRendition[], startSeconds: number, endSeconds: number | null): string {
  const cap = plan.picture?.cappedFrameRate ? `fps=${plan.picture.frameRate},` : "";
  const trim = `trim=start=${startSeconds}${endSeconds === null ? "" : `:end=${endSeconds}`}`;
  let input = `[0:${plan.picture?.stream ?? 0}]${cap}${trim},`;
  const steps = rungs.map((rung, position) => {
    const scale = `${input}scale=${rung.width}:${rung.height}:flags=bicubic,setsar=1,format=yuv420p`;
    const isLast = position === rungs.length - 1;
    input = `[from-${rung.name}]`;
    return isLast ? `${scale}[${rung.name}]` : `${scale},split[${rung.name}][from-${rung.name}]`;
  });
  return steps.join(";");
}

function x264(plan: Plan, rung: PictureRendition, chunk: Chunk, settings: CommandSettings): string[] {
  const keyFrames = Array.from({ length: chunk.count }, (_, offset) => gridSeconds(plan, chunk.first + offset));
  return [
    ...["-c:v", "libx264", "-preset", settings.x264Preset, "-threads", String(settings.threads)],
    ...["-profile:v", "main", "-level:v", (rung.levelIdc / 10).toFixed(1)],
    ...["-b:v", `${rung.videoKbps}k`, "-maxrate", `${rung.maxrateKbps}k`, "-bufsize", `${rung.bufferKbps}k`],
    ...["-g", "100000", "-sc_threshold", "0", "-forced-idr", "1", "-force_key_frames", keyFrames.join(",")],
  ];
}

function hls(rendition: string, first: number, directory: string, seconds: number, options: string[]): string[] {
  const folder = `${directory}/${rendition}`;
  return [
    ...["-avoid_negative_ts", "disabled", "-f", "hls", "-hls_time", String(seconds), "-hls_list_size", "0"],
    ...["-hls_segment_type", "fmp4", ...options, "-hls_fmp4_init_filename", initName],
    ...["-hls_flags", "temp_file", "-start_number", String(first)],
    ...["-hls_segment_filename", `${folder}/%d.m4s`, `${folder}/made.m3u8`],
  ];
}

function pictureRendition(plan: Plan, name: string): PictureRendition {
  const found = plan.renditions.find((rendition) => rendition.name === name);
  if (found?.kind !== "picture") throw new Error(`The plan has no picture rendition ${name}`);
  return found;
}

function soundRendition(plan: Plan, name: string | undefined): SoundRendition {
  const found = plan.renditions.find((rendition) => rendition.name === name);
  if (found?.kind !== "sound") throw new Error(`The plan has no sound rendition ${name}`);
  return found;
}
