/**
 * A player waits for a segment that is not made yet. Its rendition is encoded from there on, ahead of everything else, and
 * whoever asks for the same segment waits for the same task.
 */
import { demandedChunk, type Has, type Plan } from "@video-backend/media";
import { ServiceError } from "@video-backend/service";
import type { SegmentRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { isSegmentThere, type RepairDeps, repairVideo } from "../ledger/repair-files.ts";
import type { PublishDeps } from "../playlists/publish.ts";
import { isActive } from "../states.ts";
import { chunkHas, demandTask, type EncodeTask, idPrefix } from "../tasks/task.ts";
import { planOf } from "./jobs.ts";

export interface Demand {
  videoId: string;
  quality: string;
  index: number;
}

type DemandDeps = RepairDeps & PublishDeps & Pick<TranscodingDeps, "queue" | "exclusion" | "changes" | "work">;

/** hls.js gives up on a request whose answer has not begun after 10 seconds. */
const patienceSeconds = 8;

/**
 * Resolves when the segment's file is in place.
 *
 * @throws ServiceError `not_found` where it will never be; `unavailable` when it is not there in time
 */
export async function demandSegment(deps: DemandDeps, demand: Demand, signal?: AbortSignal): Promise<void> {
  const { videoId, quality, index } = demand;
  const patience = { seconds: patienceSeconds, ...(signal && { signal }) };
  const known = await deps.ledger.find(videoId, quality, index);
  // Streaming asks for what it does not find, so the row may have outlived the file, or its init segment.
  if (known && (await isSegmentThere(deps, videoId, quality, index))) return assertNotEmpty(known, demand);
  if (known) {
    await repairVideo(deps, videoId);
    // Nothing was forgotten: it cannot be made again.
    if (await deps.ledger.find(videoId, quality, index)) throw segmentNotFound(demand);
  }
  // A job that was just started, or goes on after a restart, has its plan in a moment.
  const plan = await deps.changes.until(videoId, () => planOfRunning(deps, demand), patience);
  if (!plan) throw notReady(demand);
  await addTask(deps, demand, plan);
  const made = await deps.changes.until(videoId, () => segmentOf(deps, demand), patience);
  if (!made) throw notReady(demand);
  assertNotEmpty(made, demand);
}

/** Null while the job is not prepared. */
async function planOfRunning({ jobs }: DemandDeps, demand: Demand): Promise<Plan | null> {
  const job = await jobs.find(demand.videoId);
  if (!job || !isActive(job.state)) throw segmentNotFound(demand);
  return job.state === "running" ? planOf(job) : null;
}

/** Null while it is being made. */
async function segmentOf({ jobs, ledger }: DemandDeps, demand: Demand): Promise<SegmentRow | null> {
  const { videoId, quality, index } = demand;
  const made = await ledger.find(videoId, quality, index);
  if (!made && !isActive((await jobs.find(videoId))?.state)) throw segmentNotFound(demand);
  return made;
}

/** Adds a task for the segment, unless one is about to make it. */
async function addTask({ ledger, queue, exclusion }: DemandDeps, demand: Demand, plan: Plan): Promise<void> {
  const { videoId, quality, index } = demand;
  const rendition = plan.renditions.find((one) => one.name === quality);
  if (!rendition || index >= rendition.segmentCount) throw segmentNotFound(demand);
  // Of demands that come together, each sees the task of the one before it.
  using _ = await exclusion.acquire(videoId);
  const made = await ledger.made(videoId);
  for (const { task, state } of await queue.list(idPrefix(videoId))) {
    if (task.kind !== "encode" || !chunkHas(task.chunk, quality, index)) continue;
    // What somebody waits for is short: its last segment comes sooner than a second encoder would bring it beside the first.
    if (task.lane === "now") return queue.add({ ...task, priority: 1 });
    if (state === "running" && isNext(task, demand, made)) return;
  }
  await queue.add(demandTask(videoId, demandedChunk(plan, rendition, index, made)));
}

/** True where everything before it in the task is made: it is the next to come out. */
function isNext({ chunk }: EncodeTask, { quality, index }: Demand, made: Has): boolean {
  const before = Array.from({ length: index - chunk.first }, (_, offset) => chunk.first + offset);
  return before.every((earlier) => made(quality, earlier));
}

/** An interval in which the source has nothing is in the ledger, and has no file. */
function assertNotEmpty(segment: SegmentRow, demand: Demand): void {
  if (segment.bytes === 0) throw segmentNotFound(demand);
}

const notReady = ({ quality, index }: Demand): ServiceError =>
  new ServiceError("unavailable", `Segment ${index} of ${quality} is not ready yet; ask again`);

function segmentNotFound({ videoId, quality, index }: Demand): ServiceError {
  return new ServiceError("not_found", "Segment not found", {
    details: { upload_id: videoId, quality, segment: index },
  });
}
