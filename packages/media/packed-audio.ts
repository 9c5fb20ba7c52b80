/**
 * AMR, the audio of old phones: an MP4 or 3GP holds several frames of it in a packet, and ffmpeg up to 5.1 decodes the first
 * of them and forgets the rest, so that one hears a fifth. Written out as AMR it comes back frame by frame.
 */

import type { AudioFacts, Facts } from "./facts.ts";
import { guardedInput, progress, quiet, untagged } from "./spawn.ts";

const amr = /^amr_(nb|wb)$/;

/** True where all audio has to be unpacked before it can be decoded. */
export function hasPackedAudio({ container, audio }: Pick<Facts, "container" | "audio">): boolean {
  return /\b(mp4|matroska)\b/.test(container) && audio.length > 0 && audio.every(({ codec }) => amr.test(codec));
}

/** The arguments that write one track out, frame by frame. */
export function unpackCommand(source: string, stream: number, target: string): string[] {
  return [
    ...[...quiet, "-y", ...guardedInput, "-i", `file:${source}`],
    ...["-map", `0:${stream}`, "-c", "copy", ...untagged, "-f", "amr", `file:${target}`, ...progress(1)],
  ];
}

/** A last packet may hold more than is to be heard of it. */
const filterFor = ({ startSeconds, endSeconds }: AudioFacts): string =>
  `adelay=${Math.round(startSeconds * 1000)}:all=1,atrim=end=${endSeconds}`;

/** The arguments that make one Matroska file of the tracks written out, each with the silence before it; without loss. */
export function packCommand(tracks: { path: string; audio: AudioFacts }[], target: string): string[] {
  return [
    ...[...quiet, "-y"],
    ...tracks.flatMap(({ path }) => [...guardedInput, "-i", `file:${path}`]),
    ...tracks.flatMap(({ audio }, position) => [
      ...["-map", `${position}:0`, `-filter:a:${position}`, filterFor(audio)],
    ]),
    ...["-c:a", "flac", ...untagged, "-f", "matroska", `file:${target}`, ...progress(1)],
  ];
}
