/**
 * Makes a chunk: one ffmpeg, whose segments are verified, put in place and entered in the ledger one by one while it
 * still runs. When it ends early, what it has finished by then stays; the next attempt makes only the rest, with the next
 * encoder.
 */
import { access } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { type Encoder, missingOf, pictureCommand, SourceError, soundCommand } from "@video-backend/media";
import { type ChunkOfVideo, sourceOf } from "./chunk-of-video.ts";
import { createSegmentCollector } from "./collect-segments.ts";
import { diskRetrySeconds, untilThereIsRoom } from "./disk.ts";
import type { EngineDeps } from "./engine.ts";
import { ChunkError, type Fault, faultOfRun, isDiskFull } from "./faults.ts";

const attempts = 3;
/** Services stay quick beside it; 19 made the encoders themselves 5% slower, by ever shorter turns. */
const backgroundNiceness = 10;
/** Of the last chunk in the queue: it may use every processor, and takes what the ones before it leave. */
const lastNiceness = 15;

/**
 * What another encoder is at work on is left to that one, unless somebody waits: who demands the last segment of a long
 * chunk does not wait for all before it.
 *
 * @throws ChunkError when something is still missing after the last attempt; SourceError when the source is gone
 */
export async function makeChunk(deps: EngineDeps, work: ChunkOfVideo, signal: AbortSignal): Promise<void> {
  // Told before anything is awaited, so that a demand which comes at this moment does not make the same again.
  deps.progress.chunkBegun(work.videoId, work.chunk);
  try {
    await makeMissing(deps, work, signal);
  } finally {
    deps.progress.chunkEnded(work.videoId, work.chunk);
  }
}

async function makeMissing(deps: EngineDeps, work: ChunkOfVideo, signal: AbortSignal): Promise<void> {
  const { videoId, plan, chunk } = work;
  const isMade = (name: string, index: number) =>
    deps.ledger.has(videoId, name, index) || (!work.demanded && deps.progress.isBeingMade(videoId, name, index, chunk));
  let fault: Fault | null = null;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const part of missingOf(plan, chunk, isMade)) {
      await untilThereIsRoom(deps.disk, signal, (sentence) => deps.progress.waiting(videoId, sentence));
      const tried = await tryPart(deps, { ...work, chunk: part }, attempt, signal);
      fault = tried ?? fault;
      const isFull = tried?.class === "disk";
      deps.progress.waiting(videoId, isFull ? "Waiting for room on the disk: a write found none" : null);
      if (!isFull) continue;
      attempt = 0;
      await setTimeout(diskRetrySeconds * 1000, undefined, { signal });
    }
    if (missingOf(plan, chunk, isMade).length === 0) return;
  }
  // What every encoder fails on is the source's doing.
  throw new ChunkError(
    `Encoding failed ${attempts} times: ${fault?.reason ?? "no reason was given"}`,
    fault?.killed ? "encoder" : "source",
  );
}

/** One ffmpeg; answers why it did not make the whole part, or null. */
async function tryPart(
  deps: EngineDeps,
  work: ChunkOfVideo,
  attempt: number,
  signal: AbortSignal,
): Promise<Fault | null> {
  const encoder = deps.encoders.pick(work.failedEncoders);
  const fault = await encodePart(deps, work, encoder, attempt, signal);
  if (!fault) {
    await deps.encoders.praise(encoder.name);
    return null;
  }
  const { videoId, chunk } = work;
  deps.log.warn({ videoId, chunk, attempt, encoder: encoder.name, ...fault }, "a chunk was not made whole");
  await assertSourceIsThere(sourceOf(work));
  if (fault.class === "encoder" && chunk.kind === "picture") {
    if (deps.encoders.pick(new Set([encoder.name])) !== encoder) work.failedEncoders.add(encoder.name);
    await deps.encoders.blame(encoder.name, fault.reason, videoId);
  }
  return fault;
}

function encodePart(
  deps: EngineDeps,
  work: ChunkOfVideo,
  encoder: Encoder,
  attempt: number,
  signal: AbortSignal,
): Promise<Fault | null> {
  const { videoId, plan, chunk, demanded } = work;
  const isHurried = work.pace === "now";
  // One thread a process wastes least; but when nothing waits any more, a processor that falls idle is wasted whole.
  const isLast = !isHurried && deps.queue.waiting === 0;
  return deps.workspace.withDirectory(videoId, async (directory) => {
    const settings = {
      ...deps.settings,
      source: sourceOf(work),
      directory: ".",
      encoder,
      threads: isHurried || isLast ? deps.settings.allThreads : deps.settings.threads,
      reportSeconds: isHurried ? 0.1 : 0.5,
    };
    const command =
      chunk.kind === "sound" ? soundCommand(plan, chunk, settings) : pictureCommand(plan, chunk, settings);
    const encoderName = chunk.kind === "sound" ? "aac" : encoder.name;
    const collector = await createSegmentCollector(deps, work, { directory, attempt, encoder: encoderName }, signal);
    let collecting = Promise.resolve();
    const onLine = (line: string) => {
      // ffmpeg ends each report with this line; since the one before it a segment may have been finished.
      if (!line.startsWith("progress=")) return;
      collecting = collecting.then(() => collector.collect());
      // What goes wrong is thrown where it is awaited, when ffmpeg has ended; until then nobody listens.
      collecting.catch(() => undefined);
    };
    const startedAt = deps.now();
    try {
      const result = await deps.run("ffmpeg", command, {
        signal,
        onLine,
        directory,
        niceness: isLast ? lastNiceness : nicenessOf(work),
      });
      await collecting;
      await collector.collect();
      if (result.exitCode === 0) await collector.enterEmptyIntervals();
      const fault: Fault | null = signal.aborted
        ? { class: "stopped", reason: "It was stopped" }
        : (faultOfRun(result) ?? collector.firstFault());
      const { exitCode, errors } = result;
      const ended = { startedAt, seconds: deps.now() - startedAt, exitCode, errors, fault: fault?.class ?? null };
      await deps.attempts.record({ videoId, chunk, demanded, encoder: encoderName, command, ...ended }, signal);
      signal.throwIfAborted();
      return fault;
    } catch (error) {
      if (isDiskFull(error)) return { class: "disk", reason: "No space left on device" };
      throw error;
    } finally {
      await collecting.catch(() => undefined);
    }
  });
}

/** The first picture is more work than the first sound; given way to, it comes as early as that. */
function nicenessOf({ pace, demanded, chunk }: ChunkOfVideo): number {
  if (pace === "background") return backgroundNiceness;
  return chunk.kind === "sound" && !demanded ? 5 : 0;
}

async function assertSourceIsThere(source: string): Promise<void> {
  try {
    await access(source);
  } catch {
    throw new SourceError("The uploaded file is gone");
  }
}
