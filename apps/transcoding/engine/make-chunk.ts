/**
 * Makes a chunk: one ffmpeg, whose segments are verified, put in place and entered in the ledger one by one while it
 * still runs. When it ends early, what it has finished by then stays; the next attempt makes only the rest.
 */
import { stat } from "node:fs/promises";
import {
  type Chunk,
  missingOf,
  type Plan,
  pictureCommand,
  type RunResult,
  SourceError,
  soundCommand,
} from "@video-backend/media";
import { createSegmentCollector } from "./collect-segments.ts";
import type { EngineDeps } from "./engine.ts";

export interface ChunkOfVideo {
  videoId: string;
  plan: Plan;
  source: string;
  chunk: Chunk;
}

/** A chunk that could not be made, after all attempts; the message ends with ffmpeg's last words. */
export class ChunkError extends Error {
  override name = "ChunkError";
}

const attempts = 3;

/**
 * @throws ChunkError when something is still missing after the last attempt; SourceError when the source is gone
 */
export async function makeChunk(deps: EngineDeps, work: ChunkOfVideo, signal: AbortSignal): Promise<void> {
  let reason = "";
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const parts = missingOf(work.chunk, (rendition, index) => deps.ledger.has(work.videoId, rendition, index));
    if (parts.length === 0) return;
    for (const part of parts) {
      signal.throwIfAborted();
      const failure = await tryPart(deps, { ...work, chunk: part }, attempt, signal);
      if (failure) {
        reason = failure;
        deps.log.warn({ videoId: work.videoId, chunk: part, attempt, reason }, "a chunk was not made whole");
        await assertSourceIsThere(work.source);
      }
    }
  }
  if (missingOf(work.chunk, (rendition, index) => deps.ledger.has(work.videoId, rendition, index)).length > 0) {
    throw new ChunkError(`Encoding failed ${attempts} times: ${reason}`);
  }
}

/** One ffmpeg; answers why it did not make the whole part, or null. */
async function tryPart(
  deps: EngineDeps,
  work: ChunkOfVideo,
  attempt: number,
  signal: AbortSignal,
): Promise<string | null> {
  const { videoId, plan, chunk, source } = work;
  return deps.workspace.withDirectory(videoId, async (directory) => {
    const { threads, x264Preset } = deps.settings;
    const settings = { source, directory, threads, x264Preset };
    const command =
      chunk.kind === "sound" ? soundCommand(plan, chunk, settings) : pictureCommand(plan, chunk, settings);
    const collector = await createSegmentCollector(deps, work, directory, attempt);
    let collecting = Promise.resolve();
    const onLine = (line: string) => {
      // ffmpeg ends each report with this line; since the one before it a segment may have been finished.
      if (line.startsWith("progress=")) collecting = collecting.then(() => collector.collect());
    };
    deps.progress.chunkBegun(videoId, chunk);
    try {
      const result = await deps.run("ffmpeg", command, { signal, onLine, niceness: 10 });
      await collecting;
      await collector.collect();
      signal.throwIfAborted();
      if (result.exitCode === 0) collector.enterEmptyIntervals();
      return collector.firstFault() ?? faultOf(result);
    } finally {
      await collecting.catch(() => undefined);
      deps.progress.chunkEnded(videoId, chunk);
    }
  });
}

function faultOf(result: RunResult): string | null {
  if (result.exitCode === 0) return null;
  if (result.exitCode === null) return `ffmpeg was ended by ${result.signalName}`;
  return `ffmpeg ended with ${result.exitCode}: ${result.errors.split("\n").slice(-3).join("; ")}`;
}

async function assertSourceIsThere(source: string): Promise<void> {
  if (!(await stat(source).catch(() => null))) throw new SourceError("The uploaded file is gone");
}
