/**
 * A player waits for a segment that is not made yet. Its rendition is encoded from there on, ahead of everything else, and
 * whoever asks for the same segment waits for the same encode.
 */
import { type Chunk, demandedChunk } from "@video-backend/media";
import { isServiceError, ServiceError } from "@video-backend/service";
import type { RunningJob } from "../engine/run-job.ts";
import { isSegmentThere, repairVideo } from "../ledger/repair-files.ts";
import type { TranscodingDeps } from "../service.ts";

export interface Demand {
  videoId: string;
  quality: string;
  index: number;
}

/** hls.js gives up on a request whose answer has not begun after 10 seconds. */
const patienceSeconds = 8;

/**
 * Resolves when the segment's file is in place.
 *
 * @throws ServiceError `not_found` where it will never be; `unavailable` when it is not there in time
 */
export async function demandSegment(deps: TranscodingDeps, demand: Demand, signal?: AbortSignal): Promise<void> {
  const { videoId, quality, index } = demand;
  const isThere = () => deps.ledger.has(videoId, quality, index);
  if (isThere()) {
    // Streaming asks for what it does not find, so the row may have outlived the file, or its init segment.
    if (await isSegmentThere(deps, videoId, quality, index)) return assertNotEmpty(deps, demand);
    await repairVideo(deps, videoId);
    // Nothing was forgotten: it cannot be made again.
    if (isThere() && !(await isSegmentThere(deps, videoId, quality, index))) throw segmentNotFound(demand);
  }
  const running = deps.engine.running(videoId) ?? (await untilPlanned(deps, videoId));
  const rendition = running?.plan.renditions.find((one) => one.name === quality);
  if (!running || !rendition || index >= rendition.segmentCount) throw segmentNotFound(demand);
  if (!isAboutToBeMade(deps, demand)) {
    const chunk = demandedChunk(running.plan, rendition, index, (name, other) => deps.ledger.has(videoId, name, other));
    void makeOnce(deps, demand, running, chunk);
  }
  await untilThere(deps, demand, isThere, signal);
  assertNotEmpty(deps, demand);
}

/** True where an encoder is at work on it and everything before it in its chunk is made: it is the next to come out. */
function isAboutToBeMade(deps: TranscodingDeps, { videoId, quality, index }: Demand): boolean {
  return deps.progress.inFlight(videoId).some((chunk) => {
    if (!holds(chunk, quality, index)) return false;
    const before = Array.from({ length: index - chunk.first }, (_, offset) => chunk.first + offset);
    return before.every((earlier) => deps.ledger.has(videoId, quality, earlier));
  });
}

async function makeOnce(
  deps: TranscodingDeps,
  { videoId, quality, index }: Demand,
  running: RunningJob,
  chunk: Chunk,
): Promise<void> {
  const chunks = running.demanded;
  // It is short: what comes last in it comes sooner than a second encoder would bring it beside the first.
  if ([...chunks].some((other) => holds(other, quality, index))) return;
  chunks.add(chunk);
  try {
    await running.makeNow(chunk);
  } catch (error) {
    if (!isServiceError(error)) deps.log.warn({ videoId, chunk, err: error }, "a demanded chunk was not made");
  } finally {
    chunks.delete(chunk);
  }
}

const holds = ({ renditions, first, count }: Chunk, quality: string, index: number): boolean =>
  renditions.includes(quality) && index >= first && index < first + count;

function untilThere(
  deps: TranscodingDeps,
  { videoId, quality, index }: Demand,
  isThere: () => boolean,
  signal?: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = () => {
    if (isThere()) resolve();
    else if (!deps.engine.isAtWork(videoId)) reject(segmentNotFound({ videoId, quality, index }));
  };
  const unlisten = deps.progress.listen((changed) => changed === videoId && look());
  const timer = setTimeout(
    () => reject(new ServiceError("unavailable", `Segment ${index} of ${quality} is not ready yet; ask again`)),
    patienceSeconds * 1000,
  );
  const abort = () => reject(new ServiceError("unavailable", "The one who asked has gone"));
  signal?.addEventListener("abort", abort, { once: true });
  look();
  return promise.finally(() => {
    unlisten();
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  });
}

/** A job that was just started, or goes on after a restart, has its plan in a moment. */
async function untilPlanned(deps: TranscodingDeps, videoId: string): Promise<RunningJob | null> {
  const end = performance.now() + patienceSeconds * 1000;
  while (deps.engine.isAtWork(videoId) && performance.now() < end) {
    const running = deps.engine.running(videoId);
    if (running) return running;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return null;
}

/** An interval in which the source has nothing is in the ledger, and has no file. */
function assertNotEmpty(deps: TranscodingDeps, demand: Demand): void {
  const segment = deps.ledger
    .list(demand.videoId)
    .find((one) => one.rendition === demand.quality && one.index === demand.index);
  if (!segment || segment.bytes === 0) throw segmentNotFound(demand);
}

function segmentNotFound({ videoId, quality, index }: Demand): ServiceError {
  return new ServiceError("not_found", "Segment not found", {
    details: { upload_id: videoId, quality, segment: index },
  });
}
