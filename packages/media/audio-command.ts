/**
 * From a chunk of an audio track to the whole ffmpeg command, and how a track of any number of channels becomes stereo.
 * swresample has a matrix for the layouts that have a name; of ambisonics two opposite cardioids are taken, and of channels
 * whose positions nobody tells the first two.
 */

import { segmentOutput } from "./encoders.ts";
import { type AudioRendition, audioSampleRate, type Chunk, firstPacket, type Plan, samplesPerPacket } from "./plan.ts";
import { guardedInput, progress, quiet, untagged } from "./spawn.ts";
import type { CommandSettings } from "./video-command.ts";

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
    ...["-c:a", "aac", "-b:a", `${rendition.kbps}k`, "-bsf:a", onlyOnce(first)],
    ...segmentOutput(rendition.name, chunk.first, settings.directory, plan.segmentSeconds),
    ...progress(settings.reportSeconds),
  ];
}

/**
 * Drops packets before this one, in samples, and those that come a second time: where a track changes its channels or its rate
 * in the middle, ffmpeg makes the filters anew, which then fill the time from the start of the piece with silence once more.
 */
const onlyOnce = (first: number): string => `noise=drop=if(lt(pts\\,max(${first}\\,ld(0)))\\,1\\,0*st(0\\,pts+1))`;

function audioRendition(plan: Plan, name: string | undefined): AudioRendition {
  const found = plan.renditions.find((rendition) => rendition.name === name);
  if (found?.kind !== "audio") throw new Error(`The plan has no audio rendition ${name}`);
  return found;
}

/** As `ffprobe` tells it of a stream. */
export interface ToldChannels {
  channels: number;
  /** ffmpeg's name, such as `5.1(side)` or `ambisonic 1+stereo`; null where none is told. */
  layout?: string | null | undefined;
}

export interface StereoMix {
  /** A filter whose output is stereo. */
  filter: string;
  /** False where channels are left out because their positions are unknown. */
  isWhole: boolean;
}

/** ffmpeg's names of standard layouts; `swr_build_matrix` has coefficients for each. */
const namedLayouts = new Set(
  [
    "stereo 2.1 3.0 3.0(back) 4.0 quad quad(side) 3.1 5.0 5.0(side) 4.1 5.1 5.1(side) 6.0 6.0(front) hexagonal 6.1",
    "6.1(back) 6.1(front) 7.0 7.0(front) 7.1 7.1(wide) 7.1(wide-side) octagonal hexadecagonal downmix 22.2",
  ]
    .join(" ")
    .split(" "),
);

/** Numbers of channels for which ffmpeg takes a standard layout where none is told. */
const guessedLayouts = new Set([2, 3, 4, 5, 6, 7, 8, 16, 24]);

/** libswresample's limit. */
export const maxChannels = 64;

/** The filter that makes stereo of a track with 1 to `maxChannels` channels. */
export function stereoMix({ channels, layout }: ToldChannels): StereoMix {
  // One channel is as loud from both sides; swresample's matrix would take 3 dB of it. A track may become stereo in the middle,
  // as AAC does without a word of its container.
  if (channels === 1) return { filter: "pan=stereo|FL=FL+FC|FR=FR+FC", isWhole: true };
  const isNamed = layout ? namedLayouts.has(layout) : guessedLayouts.has(channels);
  if (isNamed) return { filter: "aformat=channel_layouts=stereo", isWhole: true };
  const [, order, nonDiegetic] = /^ambisonic (\d+)(\+stereo)?$/.exec(layout ?? "") ?? [];
  if (order === undefined) return { filter: "pan=stereo|c0=c0|c1=c1", isWhole: channels <= 2 };
  // Channels in the order of ACN, weighted by SN3D (RFC 8486): 0 is the omnidirectional W, 1 is Y, positive to the left.
  const [left, right] = nonDiegetic ? [`+c${channels - 2}`, `+c${channels - 1}`] : ["", ""];
  if (order === "0") return { filter: `pan=stereo|c0=c0${left}|c1=c0${right}`, isWhole: true };
  return { filter: `pan=stereo|c0=0.5*c0+0.5*c1${left}|c1=0.5*c0-0.5*c1${right}`, isWhole: true };
}
