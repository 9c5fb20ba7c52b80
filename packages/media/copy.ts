/**
 * The copy of a source that is encoded from, where the source itself will not do: Matroska seeks exactly, and holds what most
 * codecs make. What it cannot hold, or what its one configuration per track would get wrong, is decoded into it once:
 * audio as stereo PCM at the renditions' rate, a video without loss.
 */

import { frameOutputs } from "./audio-changes.ts";
import { stereoMix } from "./audio-command.ts";
import type { AudioFacts, Facts } from "./facts.ts";
import { deepInput, mergedPids } from "./probe.ts";
import { guardedInput, progress, quiet, untagged } from "./spawn.ts";
import type { MendedTime } from "./wrong-times.ts";

export interface CopiedTrack {
  /** ffmpeg's number of the stream in the source. */
  stream: number;
  /** How it is decoded into the copy; absent where its packets are copied. */
  decoded?: DecodedAudio | "video";
  /** Of a video that is copied: also the packets before the first one that is marked as a key frame. */
  fromFirstPacket?: true;
  /** Of a video that is copied: times that are taken in place of the file's own. */
  mended?: MendedTime[];
}

export interface DecodedAudio {
  /** A filter whose output is stereo. */
  mix: string;
}

export interface CopyOptions {
  /** Where the frames of tracks are written beside, to be looked at by `changesInMidStream`. */
  frames?: { stream: number; path: string }[];
  /** Options before the input; see `copyInput`. */
  input?: string[];
}

/** What ffmpeg has to be told to open this source for a copy. */
export function copyInput({ container, needsDeepProbe }: Pick<Facts, "container" | "needsDeepProbe">): string[] {
  return [...(needsDeepProbe ? deepInput : []), ...(container === "mpegts" ? mergedPids : [])];
}

/** The arguments that copy a source into Matroska; times begin at 0 there. */
export function remuxCommand(
  source: string,
  target: string,
  tracks: CopiedTrack[],
  { frames = [], input = [] }: CopyOptions = {},
): string[] {
  return [
    ...quiet,
    ...["-y", "-fflags", "+genpts", ...input, ...guardedInput, "-i", `file:${source}`],
    ...tracks.flatMap(({ stream }) => ["-map", `0:${stream}`]),
    ...["-c", "copy", ...tracks.flatMap(({ decoded }, position) => decodingOf(decoded, position))],
    ...tracks.flatMap(({ fromFirstPacket }, position) => (fromFirstPacket ? [`-copyinkf:${position}`] : [])),
    ...tracks.flatMap(({ mended = [], decoded }, position) =>
      mended.length > 0 && decoded === undefined ? mendingOf(mended, position) : [],
    ),
    ...[...untagged, "-f", "matroska", `file:${target}`, ...frameOutputs(frames), ...progress(1)],
  ];
}

/**
 * Sets the times of single packets, in Matroska's milliseconds. Matroska keeps when to show a frame alone; when to decode it
 * must rise from packet to packet and never be later, so it is put far before all of them. Audio that begins before 0
 * has to be moved by hand then, with all the rest.
 */
function mendingOf(mended: MendedTime[], position: number): string[] {
  const time = mended.reduceRight(
    (others, { packet, seconds }) => `if(eq(N\\,${packet})\\,${Math.round(seconds * 1000)}\\,${others})`,
    "PTS",
  );
  return [
    `-bsf:${position}`,
    `setts=pts=${time}:dts=N-${farBefore}`,
    "-avoid_negative_ts",
    "disabled",
    "-output_ts_offset",
    "1",
  ];
}

/** Milliseconds; no video has more packets. */
const farBefore = 1_000_000_000;

function decodingOf(decoded: CopiedTrack["decoded"], position: number): string[] {
  if (decoded === undefined) return [];
  if (decoded === "video") return [`-c:${position}`, "ffv1", `-fps_mode:${position}`, "passthrough"];
  return [`-c:${position}`, "pcm_s16le", `-filter:${position}`, `aresample=48000,${decoded.mix}`];
}

/**
 * How an audio track is decoded.
 *
 * @param changes whether the number of its channels may change in the middle
 */
export function decodedAudio(audio: AudioFacts, changes: boolean): DecodedAudio {
  return { mix: changes ? "aformat=channel_layouts=stereo" : stereoMix(audio).filter };
}

/** Codecs of audio that come out of Matroska as they went in; PCM is not named one by one. */
const heldAudio =
  /^(aac|ac3|eac3|dts|truehd|mp2|mp3|opus|vorbis|flac|alac|wma(v1|v2|pro|lossless)|pcm_[suf]\d+[lb]e|pcm_u8)$/;

/** True where a track of this codec can be copied into Matroska; of others it is not sure. */
export const isHeldAudio = (codec: string): boolean => heldAudio.test(codec);
