/**
 * From a chunk to the whole ffmpeg command; pure, so that tests can compare every argument. The flags that look odd were
 * each measured: an absolute time line (`-copyts -start_at_zero`), a seek one second early with `trim` for the exact cut,
 * and `-hls_time` far below the segment length so that the muxer cuts at every forced key frame and nowhere else.
 */
import { muxedInitFile, muxedPlaylistFile, muxedSegmentTemplate } from "@video-backend/storage/layout";
import type { Chunk } from "./chunks.ts";
import { type Encoder, type EncoderSettings, encoderArguments } from "./encoders.ts";
import { gridSeconds } from "./grid.ts";
import {
  type AudioRendition,
  audioSampleRate,
  firstPacket,
  type Plan,
  repeatsAtBoundaries,
  samplesPerPacket,
  type VideoRendition,
} from "./plan.ts";
import { guardedInput } from "./probe.ts";
import { stereoMix } from "./stereo.ts";
import { decoderOptions, holdsFirstFrame, videoGraph } from "./video-graph.ts";

export interface CommandSettings extends EncoderSettings {
  /** Absolute path of the source, or of its Matroska copy. */
  source: string;
  /**
   * An empty directory with one folder a rendition; segments appear there as `{rendition}/{index}.m4s`. The muxer takes its
   * name for a part of a pattern (`%d`, `%v`), not all of which can be escaped: `.` where ffmpeg runs in it.
   */
  directory: string;
  /** Of the video; audio is always ffmpeg's own AAC. */
  encoder: Encoder;
  /** How often ffmpeg reports on stdout; finished segments are looked for then. */
  reportSeconds: number;
}

/** The init segment's file name in every rendition's folder. */

/** Only errors, and no questions; what cannot be decoded is passed over, however much it is. */
export const quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", "-max_error_rate", "1"];
/** A report on stdout, so often. */
export const progress = (everySeconds: number) => ["-progress", "pipe:1", "-stats_period", String(everySeconds)];
/** Nothing of what a source says of itself goes along. */
export const untagged = ["-map_metadata", "-1", "-map_chapters", "-1"];

/**
 * Tells the muxer each packet's true duration. Left to guess the last one of a segment, it would begin the next segment
 * where the guess ends, and a variable frame rate would drift; for the same reason there is no `sidx`, for whose sake it
 * moves the first frame of a segment.
 *
 * @param last duration of the last packet, in ticks of the stream
 */
const durations = (last: string) => `setts=pts=PTS:dts=DTS:duration=if(lt(NEXT_DTS\\,DTS)\\,${last}\\,NEXT_DTS-DTS)`;

/** The arguments that encode a video chunk: one decode, each rung scaled from the one above. */
export function videoCommand(plan: Plan, chunk: Chunk, settings: CommandSettings): string[] {
  const { video } = plan;
  if (!video) throw new Error("The plan has no video");
  const rungs = chunk.renditions.map((name) => videoRendition(plan, name));
  const repeats = repeatsAtBoundaries(video);
  const lastIndex = chunk.first + chunk.count - 1;
  const isEnd = lastIndex === (rungs[0]?.segmentCount ?? 0) - 1;
  const boundaries = Array.from({ length: chunk.count }, (_, offset) =>
    gridSeconds(plan, "video", chunk.first + offset),
  );
  const startSeconds = boundaries[0] ?? 0;
  const videoEnd = repeats ? video.endSeconds : null;
  const endSeconds = isEnd ? videoEnd : gridSeconds(plan, "video", lastIndex + 1);
  const graph = videoGraph(plan, rungs, { startSeconds, endSeconds, boundaries }, settings.encoder);
  const lastDuration = repeats ? `max(1\\,round(${endSeconds}/TB)-PTS)` : "PREV_OUTDURATION";
  return [
    ...quiet,
    ...["-y", ...settings.encoder.device, "-threads", String(settings.threads)],
    ...seekTo(seekSecondsFor(video, startSeconds)),
    ...["-copyts", "-start_at_zero"],
    ...guardedInput,
    ...decoderOptions(video),
    ...["-i", `file:${settings.source}`],
    ...["-filter_complex_threads", String(settings.threads)],
    ...["-filter_complex", graph],
    ...rungs.flatMap((rung) => [
      ...["-map", `[${rung.name}]`, ...untagged],
      ...encoderArguments(settings.encoder, rung, settings, { reorders: !repeats }),
      ...["-force_key_frames", boundaries.join(",")],
      ...["-fps_mode", "passthrough", "-enc_time_base", `1:${video.timescale}`],
      ...["-bsf:v", durations(lastDuration)],
      ...hls(rung.name, chunk.first, settings.directory, 0.1),
    ]),
    ...progress(settings.reportSeconds),
  ];
}

/** Packets that are encoded before a piece and thrown away, so that the encoder is in full swing at the join: one second. */
const prerollPackets = 48;

/**
 * The arguments that encode a piece of an audio rendition, from silence where the track starts late. The encoder's delay of
 * one packet falls on the packet before the piece, which is dropped, so that every piece's time stamps are the grid's.
 */
export function audioCommand(plan: Plan, chunk: Chunk, settings: CommandSettings): string[] {
  const rendition = audioRendition(plan, chunk.renditions[0]);
  const first = firstPacket(plan, chunk.first) * samplesPerPacket;
  const begin = Math.max(0, first - prerollPackets * samplesPerPacket);
  const { silentFromSeconds, endSeconds } = rendition;
  const lastHeard = Math.min(begin / audioSampleRate, silentFromSeconds ?? Number.POSITIVE_INFINITY);
  const seekSeconds = Math.max(0, Math.floor(lastHeard) - 1);
  const isEnd = chunk.first + chunk.count === rendition.segmentCount;
  // One packet more than is wanted: the last one overlaps with it.
  const gridEnd = (firstPacket(plan, chunk.first + chunk.count) + 2) * samplesPerPacket;
  const audioEnd = silentFromSeconds === undefined ? null : Math.round(endSeconds * audioSampleRate);
  const end = isEnd ? audioEnd : gridEnd;
  const filters = [
    // Twice, because the second one counts its first_pts in samples of what comes in.
    `aresample=${audioSampleRate},aresample=async=1:first_pts=${seekSeconds * audioSampleRate}`,
    stereoMix(rendition).filter,
    ...(silentFromSeconds === undefined ? [] : ["apad"]),
    `atrim=start_pts=${begin}${end === null ? "" : `:end_pts=${end}`}`,
  ];
  return [
    ...quiet,
    ...["-y", "-vn", ...(seekSeconds > 0 ? ["-ss", String(seekSeconds)] : []), "-copyts", "-start_at_zero"],
    ...guardedInput,
    ...["-i", `file:${settings.source}`],
    ...["-map", `0:${rendition.stream}`, ...untagged, "-af", filters.join(",")],
    ...["-c:a", "aac", "-b:a", `${rendition.kbps}k`, "-bsf:a", `noise=drop=lt(pts\\,${first})`],
    ...hls(rendition.name, chunk.first, settings.directory, plan.segmentSeconds),
    ...progress(settings.reportSeconds),
  ];
}

/**
 * The arguments that decode what a video chunk decodes before its first frame, and nothing else: of what ffmpeg says here
 * it says only that this is where it began. Where a chunk begins with the file, the first second.
 */
export function entryCommand(plan: Plan, chunk: Chunk, settings: CommandSettings): string[] {
  const command = videoCommand(plan, chunk, settings);
  const endSeconds = Math.max(1, gridSeconds(plan, "video", chunk.first));
  return [
    ...command.slice(0, command.indexOf("-filter_complex_threads")),
    ...["-map", `0:${plan.video?.stream ?? 0}`, "-vf", `trim=end=${endSeconds}`, "-fps_mode", "passthrough"],
    ...["-f", "null", "-"],
  ];
}

type Video = NonNullable<Plan["video"]>;

/**
 * A second early, since what is cut is decided by time stamps, and no fewer frames than a decoder may hold back: behind a key
 * frame of an open GOP, and before the end, it may lose the last ones of less. Further where the first or last frame has to be
 * found.
 */
function seekSecondsFor(video: Video, startSeconds: number): number {
  if (holdsFirstFrame(video, startSeconds)) return 0;
  const { heldFromSeconds, frameRate } = video;
  const seconds = Math.ceil(Math.max(1, leastFramesBefore / (frameRate || leastFramesBefore)));
  return heldFromSeconds !== undefined && heldFromSeconds < startSeconds + 1
    ? Math.floor(heldFromSeconds) - 1 - seconds
    : startSeconds - seconds;
}

/** Most frames that a decoder holds back (H.264, A.3.1), and the one after them. */
const leastFramesBefore = 17;

function seekTo(seconds: number): string[] {
  return seconds > 0 ? ["-noaccurate_seek", "-ss", String(seconds)] : [];
}

function hls(rendition: string, first: number, directory: string, seconds: number): string[] {
  const folder = `${directory}/${rendition}`;
  return [
    ...["-avoid_negative_ts", "disabled", "-f", "hls", "-hls_time", String(seconds), "-hls_list_size", "0"],
    ...["-hls_segment_type", "fmp4", "-hls_segment_options", "movflags=+frag_discont+skip_sidx"],
    ...["-hls_fmp4_init_filename", muxedInitFile],
    ...["-hls_flags", "temp_file", "-start_number", String(first)],
    ...["-hls_segment_filename", `${folder}/${muxedSegmentTemplate}`, `${folder}/${muxedPlaylistFile}`],
  ];
}

function videoRendition(plan: Plan, name: string): VideoRendition {
  const found = plan.renditions.find((rendition) => rendition.name === name);
  if (found?.kind !== "video") throw new Error(`The plan has no video rendition ${name}`);
  return found;
}

function audioRendition(plan: Plan, name: string | undefined): AudioRendition {
  const found = plan.renditions.find((rendition) => rendition.name === name);
  if (found?.kind !== "audio") throw new Error(`The plan has no audio rendition ${name}`);
  return found;
}
