/**
 * One job from its source to its last playlist. It may be ended at any moment, by an abort or by death, and begun again:
 * each time it makes plan minus ledger.
 */
import { type Plan, pictureRenditions, remainingChunks } from "@video-backend/media";
import type { JobRow } from "../database/schema.ts";
import type { EngineDeps } from "./engine.ts";
import type { ChunkOfVideo } from "./make-chunk.ts";
import { prepareVideo } from "./prepare-video.ts";
import { createPublisher } from "./publisher.ts";

/**
 * Resolves when every segment is made and the playlists say so; rejects with the signal's reason when stopped, with
 * SourceError, ChunkError or NothingDecodedError when it cannot be made. Whatever happens, what is made is listed in the
 * playlists.
 */
export async function runJob(deps: EngineDeps, job: JobRow, signal: AbortSignal): Promise<void> {
  const { videoId } = job;
  const { plan, source } = await deps.preparations.add(() => prepareVideo(deps, job, signal), { signal });
  deps.jobs.move(videoId, "running", { startedAt: job.startedAt ?? deps.now(), error: null });
  deps.progress.jobMoved(videoId);
  const publisher = createPublisher(deps, videoId, plan);
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  try {
    const chunks = remainingChunks(plan, (rendition, index) => deps.ledger.has(videoId, rendition, index));
    const all = chunks.map(async (chunk, position) => {
      const work: ChunkOfVideo = { videoId, plan, source, chunk };
      // The n-th chunk of every video comes before the next of any: a long video does not hold up a short one.
      await deps.queue.add({ work, priority: -position, signal: either });
    });
    await settle(all, failed);
    signal.throwIfAborted();
    assertSomethingIsThere(deps, videoId, plan);
  } finally {
    await publisher.close(signal.aborted ? "growing" : "ended");
  }
  await deps.workspace.remove(videoId);
}

/** Waits for all; the first failure ends the others, and is what is thrown. */
async function settle(all: Promise<void>[], failed: AbortController): Promise<void> {
  let first: { error: unknown } | undefined;
  await Promise.all(
    all.map((one) =>
      one.catch((error: unknown) => {
        first ??= { error };
        failed.abort(error);
      }),
    ),
  );
  if (first) throw first.error;
}

function assertSomethingIsThere(deps: EngineDeps, videoId: string, plan: Plan): void {
  const names = new Set(pictureRenditions(plan).map((rendition) => rendition.name));
  const wanted = deps.ledger.list(videoId).filter((segment) => names.size === 0 || names.has(segment.rendition));
  if (!wanted.some((segment) => segment.bytes > 0))
    throw new NothingDecodedError("Not one frame of this file could be decoded");
}

/** The source has streams, but nothing comes out of them. */
export class NothingDecodedError extends Error {
  override name = "NothingDecodedError";
}
