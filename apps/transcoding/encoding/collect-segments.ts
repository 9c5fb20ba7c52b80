/**
 * Takes finished segments out of an encoder's directory: each is verified, renamed into its place and entered in the
 * ledger, in this order. A file's place is decided by the time that its boxes tell, not by its number, because an
 * interval without a frame (variable frame rate) shifts all numbers after it.
 */
import { openAsBlob } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  audioSlackSeconds,
  checkPlacement,
  EmptySegmentError,
  gridIndex,
  gridSeconds,
  hasPacketsFrom,
  measureSegment,
  PlacementError,
  type Plan,
  type Rendition,
  SegmentError,
  segmentSpan,
} from "@video-backend/media";
import { messageOf } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import {
  initFile,
  muxedInitFile,
  muxedSegmentPattern,
  renditionKey,
  segmentPath,
  streamKey,
} from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import type { EncodeTask } from "../tasks/task.ts";
import type { Fault } from "./faults.ts";

export interface SegmentCollector {
  /** Takes what is there; the muxer gives a segment its name only when it is whole. */
  collect(): Promise<void>;
  /**
   * Enters the intervals of the chunk for which a faultless encoder made nothing: the source has nothing there. Where it has
   * ended before its claimed end, all that follow are entered too, so that nobody looks for them one by one. Video that is
   * missing before the end is a fault at the first attempt: the next one holds the frame before it.
   */
  enterEmptyIntervals(): Promise<void>;
  /** What was wrong with the first segment that was refused. */
  firstFault(): Fault | null;
}

interface Init {
  bytes: ArrayBuffer;
  /** The file's name in the rendition's folder. */
  name: string;
}

/** Of time bases, when a frame stands on the grid. */
const roundingSeconds = 0.002;

export interface CollectorOptions {
  /** Where the encoder writes, a folder a rendition. */
  directory: string;
  /** From 1. */
  attempt: number;
  encoder: string;
}

export type CollectDeps = Pick<TranscodingDeps, "ledger" | "store" | "run" | "changes" | "meters">;

export interface CollectedChunk extends Pick<EncodeTask, "videoId" | "chunk"> {
  plan: Plan;
  /** What ffmpeg reads. */
  path: string;
}

export async function createSegmentCollector(
  deps: CollectDeps,
  work: CollectedChunk,
  { directory, attempt, encoder }: CollectorOptions,
  signal: AbortSignal,
): Promise<SegmentCollector> {
  const { videoId, plan, chunk } = work;
  const renditions = chunk.renditions.map((name) => {
    const found = plan.renditions.find((rendition) => rendition.name === name);
    if (!found) throw new Error(`The plan of ${videoId} has no rendition ${name}`);
    return found;
  });
  await Promise.all(renditions.map((rendition) => mkdir(join(directory, rendition.name))));
  const inits = new Map<string, Init>();
  const looked = new Set<string>();
  /** Intervals for which a segment came. */
  const taken = new Set<string>();
  let fault: Fault | null = null;

  /** The init segment of this encoder, put in place before any segment needs it. */
  async function initOf(rendition: Rendition): Promise<Init> {
    const known = inits.get(rendition.name);
    if (known) return known;
    const bytes = new Uint8Array(await readFile(join(directory, rendition.name, muxedInitFile))).buffer;
    const init = { bytes, name: await keepInit(deps.store, renditionKey(videoId, rendition.name), encoder, bytes) };
    inits.set(rendition.name, init);
    return init;
  }

  async function take(rendition: Rendition, path: string): Promise<void> {
    const init = await initOf(rendition);
    const measured = await measureSegment(init.bytes, await openAsBlob(path));
    const index = indexAt(rendition, measured.startSeconds);
    const isWanted = index >= chunk.first && index < chunk.first + chunk.count;
    const interval = `${rendition.name} ${index}`;
    if (taken.has(interval)) throw new SegmentError(`It is the second one that begins in interval ${index}`);
    taken.add(interval);
    if (!isWanted || (await deps.ledger.find(videoId, rendition.name, index))) return;
    const span = segmentSpan(plan, rendition, index);
    // A decoder may give its first frame before the time that the container tells.
    const startSeconds = gridSeconds(plan, rendition.kind, index);
    const slackSeconds = slackFor(rendition) + span.startSeconds - startSeconds;
    // Where a source ends is known when it was read to its end, whatever its container says.
    const endSlackSeconds = index === rendition.segmentCount - 1 ? plan.segmentSeconds : slackSeconds;
    try {
      checkPlacement(measured, { startSeconds, endSeconds: span.endSeconds, slackSeconds, endSlackSeconds });
    } catch (error) {
      // Short because the source ends there is no hole, and nothing is held over it.
      if (error instanceof PlacementError && (await hasEnded(rendition, index + 1)))
        throw new SegmentError(error.message);
      throw error;
    }
    const keyFrameBytes = rendition.kind === "video" ? measured.keyFrameBytes : 0;
    const segment = { videoId, rendition: rendition.name, index, encoder, ...measured, keyFrameBytes, init: init.name };
    const key = streamKey(videoId, segmentPath(rendition.name, index));
    // A demand and a background task may have made the same one: the first is kept, with its file.
    const isFirst = await deps.ledger.place(segment, () => deps.store.adopt(path, key, signal), signal);
    if (!isFirst) return;
    deps.meters.countMedia(encoder, measured.durationSeconds);
    deps.changes.tell(videoId, "segments");
  }

  async function enterEmpty(rendition: Rendition, from: number, to: number): Promise<void> {
    const indexes = Array.from({ length: to - from }, (_, offset) => from + offset);
    const nothing = { bytes: 0, keyFrameBytes: 0, durationSeconds: 0, samples: 0, codec: rendition.codec, init: "" };
    await deps.ledger.enter(
      indexes.map((index) => {
        const { startSeconds } = segmentSpan(plan, rendition, index);
        return { videoId, rendition: rendition.name, index, encoder, startSeconds, ...nothing };
      }),
      signal,
    );
    deps.changes.tell(videoId, "segments");
  }

  /** Whether nothing from this interval on is the end of a source that claims to be longer, and not a pause in it. */
  async function hasEnded(rendition: Rendition, index: number): Promise<boolean> {
    const stream = rendition.kind === "audio" ? rendition.stream : (plan.video?.stream ?? 0);
    const from = gridSeconds(plan, rendition.kind, index);
    return !(await hasPacketsFrom(work.path, stream, from, deps.run, signal));
  }

  /** Audio is cut at packets, up to one before the grid; a frame belongs to the interval that it begins in. */
  function indexAt(rendition: Rendition, startSeconds: number): number {
    const early = rendition.kind === "audio" ? audioSlackSeconds : roundingSeconds;
    return gridIndex(plan, rendition.kind, startSeconds + early);
  }

  const frameSeconds = 1 / (plan.video?.frameRate || 25);

  /**
   * A hole in the source shows as a segment that begins late or ends early. What comes out the same way twice is the
   * source's own, so the second attempt allows it.
   */
  function slackFor(rendition: Rendition): number {
    if (attempt > 1) return plan.segmentSeconds;
    if (rendition.kind === "audio") return audioSlackSeconds;
    return 1.5 * frameSeconds;
  }

  return {
    async collect() {
      for (const rendition of renditions) {
        const folder = join(directory, rendition.name);
        const names = (await readdir(folder)).filter((name) => muxedSegmentPattern.test(name));
        for (const name of names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))) {
          const path = join(folder, name);
          if (looked.has(path)) continue;
          looked.add(path);
          try {
            await take(rendition, path);
          } catch (error) {
            if (error instanceof EmptySegmentError) continue;
            if (!(error instanceof SegmentError)) throw error;
            const reason = `Segment ${name} of ${rendition.name}: ${messageOf(error)}`;
            fault ??= { class: "encoder", reason, ...(error instanceof PlacementError ? { isHole: true } : {}) };
          }
        }
      }
    },
    async enterEmptyIntervals() {
      if (fault) return;
      for (const rendition of renditions) {
        const indexes = Array.from({ length: chunk.count }, (_, offset) => chunk.first + offset);
        const made = await deps.ledger.made(videoId);
        // What came here and is on its way into the ledger, by this hand or another's, is not empty.
        const isMissing = (index: number) => !taken.has(`${rendition.name} ${index}`) && !made(rendition.name, index);
        const missing = indexes.filter(isMissing);
        const [first] = missing;
        if (first === undefined) continue;
        if (attempt === 1 && rendition.kind === "video" && !(await hasEnded(rendition, first))) {
          fault = { class: "source", reason: `No frame of interval ${first} can be decoded`, isHole: true };
          return;
        }
        for (const index of missing) await enterEmpty(rendition, index, index + 1);
        const isEmpty = missing.length === chunk.count;
        const end = chunk.first + chunk.count;
        if (isEmpty && (await hasEnded(rendition, chunk.first)))
          await enterEmpty(rendition, end, rendition.segmentCount);
      }
    },
    firstFault: () => fault,
  };
}

/**
 * Puts an init segment in place. Runs of one encoder make the same bytes, so the first is kept and its name is known before
 * it is made; should one differ all the same, it gets a name of its own and the playlist a second EXT-X-MAP.
 *
 * @param folder key of the rendition's folder
 * @returns the file's name
 */
async function keepInit(store: BlobStore, folder: string, encoder: string, bytes: ArrayBuffer): Promise<string> {
  const name = initFile(encoder);
  const kept = await store.open(`${folder}/${name}`);
  if (!kept) {
    await store.put(`${folder}/${name}`, new Uint8Array(bytes));
    return name;
  }
  const digest = await digestOf(bytes);
  if ((await digestOf(await kept.blob.arrayBuffer())) === digest) return name;
  const other = initFile(`${encoder}-${digest.slice(0, 8)}`);
  await store.put(`${folder}/${other}`, new Uint8Array(bytes));
  return other;
}

async function digestOf(bytes: ArrayBuffer): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
