/**
 * Chunks: consecutive segments of a set of renditions, made by one ffmpeg that decodes once. They are never stored; what
 * is to be made is always computed anew as the plan minus what the ledger has, so that start, resume and restart are the
 * same thing and nothing is made twice.
 */
import { type Plan, pictureRenditions, soundRenditions } from "./plan.ts";

export interface Chunk {
  kind: "picture" | "sound";
  /** Names of the renditions, highest first. */
  renditions: string[];
  /** Index of the first segment. */
  first: number;
  /** Number of segments. */
  count: number;
}

/** Does the ledger have this segment? */
export type Has = (rendition: string, index: number) => boolean;

/** Segments a chunk in the order of making, the last one for all that follow: a picture fast, less overhead later. */
const growth = [1, 2, 4, 8];

/**
 * What is left to make of a video, in order: the first segment of the lowest rung, the sound, the first segment of the
 * other rungs, then all rungs in chunks that grow.
 */
export function remainingChunks(plan: Plan, has: Has): Chunk[] {
  return allChunks(plan).flatMap((chunk) => missingOf(chunk, has));
}

function allChunks(plan: Plan): Chunk[] {
  const rungs = pictureRenditions(plan);
  const names = rungs.map((rendition) => rendition.name);
  const sound: Chunk[] = soundRenditions(plan).map((rendition) => ({
    kind: "sound",
    renditions: [rendition.name],
    first: 0,
    count: rendition.segmentCount,
  }));
  const total = rungs[0]?.segmentCount ?? 0;
  if (total === 0) return sound;
  const picture = (renditions: string[], first: number, count: number): Chunk => ({
    kind: "picture",
    renditions,
    first,
    count,
  });
  const chunks = [picture(names.slice(-1), 0, 1), ...sound];
  if (names.length > 1) chunks.push(picture(names.slice(0, -1), 0, 1));
  for (let first = 1, step = 0; first < total; step++) {
    const count = Math.min(growth[Math.min(step, growth.length - 1)] ?? 1, total - first);
    chunks.push(picture(names, first, count));
    first += count;
  }
  return chunks;
}

/**
 * The parts of a chunk that the ledger lacks: runs of segments that miss the same renditions. Sound is made in one pass,
 * so a sound chunk with anything missing stays whole; what is there already is left alone when it is entered.
 */
export function missingOf(chunk: Chunk, has: Has): Chunk[] {
  const missingAt = (index: number) => chunk.renditions.filter((rendition) => !has(rendition, index));
  const indexes = Array.from({ length: chunk.count }, (_, offset) => chunk.first + offset);
  if (chunk.kind === "sound") return indexes.some((index) => missingAt(index).length > 0) ? [chunk] : [];
  const parts: Chunk[] = [];
  for (const index of indexes) {
    const renditions = missingAt(index);
    if (renditions.length === 0) continue;
    const last = parts.at(-1);
    const continues = last && last.first + last.count === index && last.renditions.join() === renditions.join();
    if (continues) last.count++;
    else parts.push({ kind: chunk.kind, renditions, first: index, count: 1 });
  }
  return parts;
}
