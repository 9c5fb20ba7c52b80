/**
 * The tasks of this service: pieces of work on a video that a worker does. A task is data, and its id says what it makes, so
 * that the same work is never added twice. What has to be done follows from plan and ledger (`reconcile/plan-work.ts`).
 */
import type { Chunk } from "@video-backend/media";
import type { Task } from "@video-backend/queue";

/**
 * The lanes, each with workers of its own. `prepare`: examines a source. `encode`: makes segments in the background. `now`:
 * makes segments that somebody waits for, at full priority on all processors. `far`: the same where a decoder has a long way to
 * them, which must not keep others from their first segments. `images`: posters and storyboards. `subtitles`: takes text
 * tracks out of a source.
 */
export const lanes = ["prepare", "encode", "now", "far", "images", "subtitles"] as const;
export type Lane = (typeof lanes)[number];

/** How many tasks of the lane `far` are done at the same time: the segments behind a long way are made together, and take long. */
export const farWorkers = 2;

interface TaskOfVideo extends Task {
  videoId: string;
  lane: Lane;
}

/** Makes consecutive segments of a set of renditions by one ffmpeg that decodes once. */
export interface EncodeTask extends TaskOfVideo {
  kind: "encode";
  lane: "encode" | "now" | "far";
  chunk: Chunk;
  /** Whether a player asked for it. */
  isDemanded: boolean;
  /** Of the lane `far`: from the key frame to the chunk's end, seconds from the start of the file. */
  decoded?: { fromSeconds: number; endSeconds: number };
}

/** Work without parameters: what is to be made follows from the video's rows and files. */
export interface SimpleTask extends TaskOfVideo {
  kind: "prepare" | "poster" | "subtitles" | "storyboard";
}

export type TranscodingTask = EncodeTask | SimpleTask;

/** What the ids of all tasks of a video begin with. */
export const idPrefix = (videoId: string): string => `${videoId}/`;

export const prepareTask = (videoId: string): SimpleTask => simpleTask(videoId, "prepare", "prepare", 0);
/** A poster comes before the next sheet of any storyboard. */
export const posterTask = (videoId: string): SimpleTask => simpleTask(videoId, "poster", "images", 1);
export const storyboardTask = (videoId: string): SimpleTask => simpleTask(videoId, "storyboard", "images", 0);
export const subtitlesTask = (videoId: string): SimpleTask => simpleTask(videoId, "subtitles", "subtitles", 0);

function simpleTask(videoId: string, kind: SimpleTask["kind"], lane: Lane, priority: number): SimpleTask {
  return { id: `${videoId}/${kind}`, videoId, kind, lane, priority };
}

/** @param position how many of the same video come before it: the n-th of each video comes before the next of any */
export const backgroundTask = (videoId: string, chunk: Chunk, position: number): EncodeTask =>
  encodeTask(videoId, "encode", chunk, { lane: "encode", priority: -position, isDemanded: false });

/** What every player asks for first is made as if one had. */
export const openingTask = (videoId: string, chunk: Chunk): EncodeTask =>
  encodeTask(videoId, "open", chunk, { lane: "now", priority: 0, isDemanded: false });

/** @param decoded where a decoder has a long way to it */
export const demandTask = (videoId: string, chunk: Chunk, decoded: EncodeTask["decoded"] | null = null): EncodeTask =>
  encodeTask(videoId, "demand", chunk, {
    ...(decoded ? { lane: "far", decoded } : { lane: "now" }),
    priority: 1,
    isDemanded: true,
  });

function encodeTask(
  videoId: string,
  why: string,
  chunk: Chunk,
  rest: Pick<EncodeTask, "lane" | "priority" | "isDemanded" | "decoded">,
): EncodeTask {
  const { kind, renditions, first, count } = chunk;
  const id = `${videoId}/${why}/${kind}/${renditions.join("+")}/${first}-${first + count - 1}`;
  return { id, kind: "encode", videoId, chunk, ...rest };
}

/** Whether a chunk has this segment. */
export function chunkHas(
  { renditions, first, count }: Pick<Chunk, "renditions" | "first" | "count">,
  rendition: string,
  index: number,
): boolean {
  return renditions.includes(rendition) && index >= first && index < first + count;
}

/** The chunks of those among the tasks that encode. */
export const encodeTasks = (tasks: readonly TranscodingTask[]): EncodeTask[] =>
  tasks.filter((task) => task.kind === "encode");
