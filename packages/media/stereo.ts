/**
 * How a track of any number of channels becomes stereo. swresample has a matrix for the layouts that have a name; of
 * ambisonics two opposite cardioids are taken, and of channels whose positions nobody tells the first two.
 */

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
  // One channel is as loud from both sides; swresample's matrix would take 3 dB of it.
  if (channels === 1) return { filter: "pan=stereo|c0=c0|c1=c0", isWhole: true };
  const isNamed = layout ? namedLayouts.has(layout) : guessedLayouts.has(channels);
  if (isNamed) return { filter: "aformat=channel_layouts=stereo", isWhole: true };
  const [, order, nonDiegetic] = /^ambisonic (\d+)(\+stereo)?$/.exec(layout ?? "") ?? [];
  if (order === undefined) return { filter: "pan=stereo|c0=c0|c1=c1", isWhole: channels <= 2 };
  // Channels in the order of ACN, weighted by SN3D (RFC 8486): 0 is the omnidirectional W, 1 is Y, positive to the left.
  const [left, right] = nonDiegetic ? [`+c${channels - 2}`, `+c${channels - 1}`] : ["", ""];
  if (order === "0") return { filter: `pan=stereo|c0=c0${left}|c1=c0${right}`, isWhole: true };
  return { filter: `pan=stereo|c0=0.5*c0+0.5*c1${left}|c1=0.5*c0-0.5*c1${right}`, isWhole: true };
}
