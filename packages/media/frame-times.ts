/**
 * When the frames of a source are shown, from the time stamps of all its packets: whether they keep a constant rate, the
 * highest rate they reach, when the last one ends, and which time stamps cannot be right. A container's own claims are
 * not enough: one pause of 6 s in an hour changes its average rate by less than any tolerance.
 */

import { type LongGop, minLongGopSeconds } from "./plan.ts";
import { type MendedTime, mendedTimes } from "./wrong-times.ts";

/** A packet of the video as ffprobe tells it, in seconds; NaN for what the container does not say. */
export interface TimedPacket {
  pts: number;
  dts: number;
  duration: number;
  /** False where an edit list leaves it out. */
  isShown: boolean;
  isKey: boolean;
}

export interface FrameTimes {
  /**
   * True where every frame is where this rate puts it, to the rounding of a container that counts milliseconds; and where
   * recordings of one rate are joined, each on its own.
   */
  isConstant: boolean;
  /** Frames a second: the constant rate, else the highest over any second. */
  frameRate: number;
  /** Of the first frame, the last frame, and of the end of that one. */
  startSeconds: number;
  lastSeconds: number;
  endSeconds: number;
  /** Time stamps that are not, and what is taken in their place; the other times are told as if they were those. */
  mended: MendedTime[];
  /** How many frames claim the time of another one. */
  equal: number;
  longGops: LongGop[];
  /** Between two frames, at most. */
  longestSeconds: number;
}

/** Collects the packets of one video, in the order of decoding. */
export interface FrameTimesCollector {
  add(packet: TimedPacket): void;
  /** Null where too few packets have a time, as where each is a field and only the first of two has one. Asked once. */
  result(nominal: NominalTimes): FrameTimes | null;
}

export interface NominalTimes {
  /** Frames that the decoder holds back to put them in order. */
  reorderedFrames: number;
  /** Frames a second as the container tells it; 0 where it does not. */
  frameRate: number;
  /** True where a packet may be a field, half a frame. */
  isInterlaced: boolean;
  /** Where the file's time begins in the time of the packets, seconds. */
  origin: number;
}

/** Containers count milliseconds; both ends of a distance are rounded. */
const roundingSeconds = 0.0015;
/** Rates that are closer than this share are one rate. */
const sameRate = 0.02;

/** Of the packets that have to have a time, so that all of them are known well enough. */
const leastKnownShare = 0.9;

export function createFrameTimesCollector(): FrameTimesCollector {
  const presented: number[] = [];
  const decoded: number[] = [];
  const known = { presented: 0, decoded: 0, packets: 0 };
  const durations: number[] = [];
  const keyPackets: number[] = [];
  return {
    add({ pts, dts, duration, isShown, isKey }) {
      if (isKey) keyPackets.push(presented.length);
      if (isShown) {
        known.packets++;
        if (!Number.isNaN(pts)) known.presented++;
        if (!Number.isNaN(dts)) known.decoded++;
      }
      presented.push(isShown ? pts : Number.NaN);
      decoded.push(isShown ? dts : Number.NaN);
      durations.push(duration || 0);
    },
    result({ frameRate, isInterlaced, reorderedFrames, origin }) {
      // AVI tells when to decode, and of some frames alone when to show them: a decoder gives them out so much later.
      const heldSeconds = frameRate > 0 ? reorderedFrames / frameRate : 0;
      const isPresented = known.presented >= known.decoded;
      const times = isPresented ? presented : decoded;
      const shift = (isPresented ? 0 : heldSeconds) - origin;
      if (shift !== 0)
        for (let packet = 0; packet < times.length; packet++) times[packet] = (times[packet] ?? 0) + shift;
      const count = Math.max(known.presented, known.decoded);
      if (count === 0 || count < leastKnownShare * known.packets) return null;
      const ordered = ascending(times);
      const mended = mendedTimes(times, usualDistance(ordered));
      for (const { packet, seconds } of mended) times[packet] = seconds;
      let last = 0;
      for (let packet = 0; packet < times.length; packet++)
        if ((times[packet] ?? Number.NaN) >= (times[last] ?? 0)) last = packet;
      const right = mended.length > 0 ? ascending(times) : ordered;
      const shown = timesOf(right, durations[last] ?? 0, frameRate);
      const keyFrames = keyPackets.map((packet) => times[packet] ?? Number.NaN).filter((time) => !Number.isNaN(time));
      const longGops = longGopsOf(keyFrames, shown.endSeconds);
      let longestSeconds = 0;
      for (const distance of distancesOf(right)) if (distance > longestSeconds) longestSeconds = distance;
      const told = { ...shown, mended, equal: equalTimes(right), longGops, longestSeconds };
      const areFields = isInterlaced && Math.abs(told.frameRate / (2 * frameRate) - 1) <= sameRate;
      return areFields ? { ...told, frameRate } : told;
    },
  };
}

type Times = Omit<FrameTimes, "mended" | "equal" | "longGops" | "longestSeconds">;

/** A long film has a million times: they are sorted without a comparison that is called for each. */
function ascending(times: number[]): Float64Array {
  const known = new Float64Array(times.length);
  let count = 0;
  for (const time of times) if (!Number.isNaN(time)) known[count++] = time;
  return known.subarray(0, count).sort();
}

function equalTimes(times: Float64Array): number {
  let count = 0;
  for (let position = 1; position < times.length; position++)
    if ((times[position] ?? 0) - (times[position - 1] ?? 0) < 1e-6) count++;
  return count;
}

/** @param times ascending, at least one */
function timesOf(times: Float64Array, lastDuration: number, nominalRate: number): Times {
  const [startSeconds = 0, lastSeconds = 0] = [times[0], times.at(-1)];
  if (times.length === 1) return timeOfOne(startSeconds, lastDuration, nominalRate);
  const rate = constantRate(times, nominalRate) ?? joinedRate(times, nominalRate);
  const period = rate ? 1 / rate : usualDistance(times) || 1 / 25;
  // A last frame that is shown for longer than the others is a pause.
  const isHeld = lastDuration > 1.5 * period + roundingSeconds;
  const endSeconds = lastSeconds + (rate && !isHeld ? Math.max(period, lastDuration) : lastDuration || period);
  const isConstant = rate !== null && !isHeld;
  const frameRate = isConstant ? rate : snapped(highestRate(times) || 1 / period, nominalRate);
  return { isConstant, frameRate, startSeconds, lastSeconds, endSeconds };
}

/** A single frame has no rate; what its container claims counts where a video may have it. */
function timeOfOne(at: number, duration: number, nominalRate: number): Times {
  const frameRate = nominalRate > 0 && nominalRate <= mostRate ? nominalRate : 25;
  const seconds = duration >= 1 / mostRate ? duration : 1 / frameRate;
  return { isConstant: false, frameRate, startSeconds: at, lastSeconds: at, endSeconds: at + seconds };
}

/** More frames a second than this are brought to it. */
const mostRate = 60;

/** The rate that puts every frame where it is: the nominal one, else the mean, where a container rounds its rate. */
function constantRate(times: Float64Array, nominalRate: number): number | null {
  const first = times[0] ?? 0;
  const mean = (times.length - 1) / ((times.at(-1) ?? 0) - first);
  const isPlausible = (rate: number) => rate > 0 && Number.isFinite(rate);
  const fits = (rate: number) => {
    let [least, most] = [0, 0];
    for (let position = 0; position < times.length; position++) {
      const offset = (times[position] ?? 0) - first - position / rate;
      least = Math.min(least, offset);
      most = Math.max(most, offset);
    }
    return most - least <= roundingSeconds;
  };
  return [nominalRate, mean].find((rate) => isPlausible(rate) && fits(rate)) ?? null;
}

/**
 * The nominal rate, where it holds but for the joins of recordings that were put behind each other: no frame lasts so long
 * there that a boundary could fall into a pause. Null elsewhere.
 */
function joinedRate(times: Float64Array, nominalRate: number): number | null {
  const period = 1 / nominalRate;
  let joins = 0;
  for (let position = 1; position < times.length; position++) {
    const distance = (times[position] ?? 0) - (times[position - 1] ?? 0);
    if (Math.abs(distance - period) <= roundingSeconds) continue;
    if (distance < period / 4 || distance > 1.5 * period) return null;
    joins++;
  }
  return joins <= Math.max(1, times.length / framesOfJoin) ? nominalRate : null;
}

/** More joins than one in so many frames are a rate that varies. */
const framesOfJoin = 1000;

function distancesOf(times: Float64Array): Float64Array {
  const distances = new Float64Array(Math.max(0, times.length - 1));
  let count = 0;
  for (let position = 1; position < times.length; position++) {
    const distance = (times[position] ?? 0) - (times[position - 1] ?? 0);
    if (distance > 0) distances[count++] = distance;
  }
  return distances.subarray(0, count);
}

/** The median; 0 of a single frame. */
function usualDistance(times: Float64Array): number {
  const distances = distancesOf(times).sort();
  return distances[Math.floor(distances.length / 2)] ?? 0;
}

/** Frames a second over the second that has most of them, or over the whole where it is shorter; 0 of a single frame. */
function highestRate(times: Float64Array): number {
  let highest = 0;
  let end = 0;
  for (let begin = 0; begin < times.length; begin++) {
    const from = times[begin] ?? 0;
    while (end < times.length - 1 && (times[end] ?? 0) - from < 1 - roundingSeconds) end++;
    const seconds = (times[end] ?? 0) - from;
    const isWhole = seconds >= 1 - roundingSeconds || begin === 0;
    if (isWhole && seconds > 0) highest = Math.max(highest, (end - begin) / seconds);
  }
  return highest;
}

const snapped = (rate: number, nominal: number): number =>
  Math.abs(rate / nominal - 1) <= sameRate ? nominal : Math.round(rate * 1000) / 1000;

/**
 * @param keyFrames seconds from the start of the file, in any order
 * @returns none where no key frame is known
 */
export function longGopsOf(keyFrames: number[], endSeconds: number): LongGop[] {
  const starts = keyFrames.map((seconds) => Math.max(0, seconds)).sort((a, b) => a - b);
  return starts.flatMap((startSeconds, position) => {
    const gop = { startSeconds, endSeconds: starts[position + 1] ?? endSeconds };
    return gop.endSeconds - startSeconds > minLongGopSeconds ? [gop] : [];
  });
}
