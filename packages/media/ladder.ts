/**
 * The ladder: which rungs a video gets, how large, and at what rate. Contract, section "Transcoding". The box is turned
 * for portrait, so that a phone's 1080x1920 gets a 1080p of 1080x1920 and not one of 608x1080.
 */

/** A rung as configured; rates in kbit/s. */
export interface Rung {
  name: string;
  /** The box for landscape: the longer side and the shorter side. */
  long: number;
  short: number;
  videoKbps: number;
  maxrateKbps: number;
  bufferKbps: number;
  /** On x264's scale of CRF; chosen by `bun run bench quality`, whose figures are in the README. */
  quality: number;
  audioKbps: number;
}

/** By the contract's columns: name, box, kbit/s of the video with its caps, and of the audio; then the quality. */
const rung = (
  name: string,
  [long, short]: [number, number],
  [videoKbps, maxrateKbps, bufferKbps, audioKbps]: [number, number, number, number],
  quality: number,
): Rung => ({ name, long, short, videoKbps, maxrateKbps, bufferKbps, audioKbps, quality });

/** Highest first. */
export const ladder: readonly Rung[] = [
  rung("1080p", [1920, 1080], [5800, 6400, 9600, 192], 23),
  rung("720p", [1280, 720], [3500, 3900, 5800, 160], 22),
  rung("480p", [854, 480], [1600, 1900, 3000, 128], 21),
  rung("360p", [640, 360], [900, 1100, 2200, 96], 21),
];

export interface Size {
  width: number;
  height: number;
}

export interface ChosenRung extends Rung, Size {}

export interface LeftOutRung {
  name: string;
  /** The size it would have had. */
  width: number;
  height: number;
  reason: string;
}

/**
 * The rungs for a video of this size. A rung is made when the shorter side is at least the rung's; a source below the
 * lowest rung gets that one rung in its own size; nothing is ever made larger.
 *
 * @param networkSpeed Mbit/s that the viewer is said to have; below 1 only 360p, below 5 480p and lower
 */
export function chooseRungs(source: Size, networkSpeed: number): { rungs: ChosenRung[]; leftOut: LeftOutRung[] } {
  const shorter = Math.min(source.width, source.height);
  const rungs: ChosenRung[] = [];
  const leftOut: LeftOutRung[] = [];
  for (const rung of ladder) {
    const isLowest = rung === ladder.at(-1);
    if (shorter < rung.short && !isLowest) {
      const reason = `The source is ${source.width}x${source.height}; nothing is made larger than it`;
      leftOut.push({ name: rung.name, ...boxOf(rung, source), reason });
    } else if (rung.short > ceilingFor(networkSpeed)) {
      const reason = `A network speed of ${networkSpeed} Mbit/s asks for ${ceilingFor(networkSpeed)}p and lower`;
      leftOut.push({ name: rung.name, ...boxOf(rung, source), reason });
    } else {
      rungs.push({ ...rung, ...fit(source, boxOf(rung, source)) });
    }
  }
  return { rungs, leftOut };
}

function ceilingFor(networkSpeed: number): number {
  if (networkSpeed < 1) return 360;
  return networkSpeed < 5 ? 480 : Number.POSITIVE_INFINITY;
}

function boxOf(rung: Rung, source: Size): Size {
  return source.height > source.width
    ? { width: rung.short, height: rung.long }
    : { width: rung.long, height: rung.short };
}

/** The largest size within the box that keeps the shape, with even sides (4:2:0 needs them) of 2 at least. */
export function fit(source: Size, box: Size): Size {
  const scale = Math.min(box.width / source.width, box.height / source.height, 1);
  const even = (side: number) => Math.max(2, Math.round((side * scale) / 2) * 2);
  return { width: even(source.width), height: even(source.height) };
}

/** What people call a video of this size: the shorter side and a p. */
export const qualityLabel = (size: Size): string => `${Math.min(size.width, size.height)}p`;
