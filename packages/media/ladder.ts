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
  audioKbps: number;
}

/** Highest first. */
export const ladder: readonly Rung[] = [
  { name: "1080p", long: 1920, short: 1080, videoKbps: 5800, maxrateKbps: 6400, bufferKbps: 9600, audioKbps: 192 },
  { name: "720p", long: 1280, short: 720, videoKbps: 3500, maxrateKbps: 3900, bufferKbps: 5800, audioKbps: 160 },
  { name: "480p", long: 854, short: 480, videoKbps: 1600, maxrateKbps: 1900, bufferKbps: 3000, audioKbps: 128 },
  { name: "360p", long: 640, short: 360, videoKbps: 900, maxrateKbps: 1100, bufferKbps: 2200, audioKbps: 96 },
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
