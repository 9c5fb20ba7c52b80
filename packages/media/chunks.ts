/**
 * Chunks: consecutive segments of a set of renditions, made by one ffmpeg that decodes once. They are never stored; what
 * is to be made is always computed anew as the plan minus what the ledger has, so that start, resume and restart are the
 * same thing and nothing is made twice.
 */
import {
  audioRenditions,
  audioUnit,
  type Chunk,
  gridIndex,
  gridSeconds,
  type Has,
  missingOf,
  type Plan,
  passedCount,
  videoRenditions,
} from "./plan.ts";

/**
 * Segments a chunk in the order of making: a video fast, then less overhead (each chunk decodes from the key frame before
 * it). What is left at the end is halved, so that two encoders end together.
 */
const videoGrowth = [2, 4];
const longestVideo = 8;
/** The same for audio, in units. */
const audioGrowth = [1, 4];
const longestAudio = 16;

/** What is left to make of a video, each in order. */
export interface Remaining {
  /** What a player needs to begin: the first segment of the lowest rung and the first piece of the audio. */
  opening: Chunk[];
  /** The first segment of the other rungs, then everything by the time at which it plays, in chunks that grow. Lazy. */
  rest: Iterable<Chunk>;
}

/** @param firstMissing the first segment of a rendition that is not made, where that is known: what is before it is passed over */
export function remainingChunks(
  plan: Plan,
  has: Has,
  firstMissing: (rendition: string) => number = () => 0,
): Remaining {
  const { opening, rest } = allChunks(plan);
  const madeUntil = new Map(plan.renditions.map(({ name }) => [name, firstMissing(name)]));
  const isMade = ({ renditions, first, count }: Chunk) =>
    renditions.every((name) => first + count <= (madeUntil.get(name) ?? 0));
  return {
    opening: opening.flatMap((chunk) => missingOf(plan, chunk, has)),
    rest: {
      *[Symbol.iterator]() {
        for (const chunk of rest) if (!isMade(chunk)) yield* missingOf(plan, chunk, has);
      },
    },
  };
}

function allChunks(plan: Plan): { opening: Chunk[]; rest: Chunk[] } {
  const names = videoRenditions(plan).map((rendition) => rendition.name);
  const total = videoRenditions(plan)[0]?.segmentCount ?? 0;
  const first = (renditions: string[]): Chunk[] =>
    renditions.length > 0 ? [{ kind: "video", renditions, first: 0, count: 1 }] : [];
  const [audioStart, ...audio] = audioPieces(plan);
  const rest = [...audio, ...inTurn("video", names, 1, videoSizes(plan, total))];
  const beginOf = ({ kind, first: index }: Chunk) => gridSeconds(plan, kind, index);
  rest.sort((a, b) => beginOf(a) - beginOf(b) || (a.kind === "audio" ? -1 : 1));
  return {
    opening: [...first(names.slice(-1)), ...(audioStart ? [audioStart] : [])],
    rest: [...first(names.slice(0, -1)), ...rest],
  };
}

/** The pieces of every audio rendition: all first ones, all second ones … */
function audioPieces(plan: Plan): Chunk[] {
  const unit = audioUnit(plan);
  const pieces = audioRenditions(plan).map(({ name, segmentCount }) =>
    inTurn("audio", [name], 0, audioSizes(segmentCount, unit)),
  );
  const longest = Math.max(0, ...pieces.map((list) => list.length));
  return Array.from({ length: longest }, (_, position) => pieces.flatMap((list) => list[position] ?? [])).flat();
}

/** Consecutive chunks of these sizes. */
function inTurn(kind: Chunk["kind"], renditions: string[], from: number, sizes: number[]): Chunk[] {
  let first = from;
  return sizes.map((count) => {
    first += count;
    return { kind, renditions, first: first - count, count };
  });
}

/** From the second segment on. */
function videoSizes(plan: Plan, total: number): number[] {
  const sizes: number[] = [];
  let first = 1;
  while (total - first > 2 * longestVideo || (total > first && passedCount(plan, first) >= total - first)) {
    const size = Math.max(videoGrowth[sizes.length] ?? longestVideo, passedCount(plan, first));
    sizes.push(Math.min(size, total - first));
    first += size;
  }
  const middle = (gridSeconds(plan, "video", first) + (plan.video?.endSeconds ?? 0)) / 2;
  const nearest = gridIndex(plan, "video", middle + plan.segmentSeconds / 2);
  const half = Math.min(Math.max(first, nearest), Math.max(first, total));
  return [...sizes, half - first, total - half].filter((size) => size > 0);
}

function audioSizes(segments: number, unit: number): number[] {
  const sizes: number[] = [];
  for (let left = segments; left > 0; left -= sizes.at(-1) ?? left) {
    sizes.push(Math.min(left, unit * (audioGrowth[sizes.length] ?? longestAudio)));
  }
  return sizes;
}
