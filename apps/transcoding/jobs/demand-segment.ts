/**
 * A player waits for a segment that is not made yet. Its rendition is encoded from there on, ahead of everything else, and
 * whoever asks for the same segment waits for the same task.
 */
import {
  type Chunk,
  demandedChunk,
  gridSeconds,
  type Has,
  isFar,
  type Plan,
  passedSeconds,
  type Rendition,
} from "@video-backend/media";
import type { TaskInQueue } from "@video-backend/queue";
import { isServiceError, ServiceError } from "@video-backend/service";
import type { Way } from "../changes.ts";
import type { SegmentRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { isSegmentThere, type RepairDeps, repairVideo } from "../ledger/repair-files.ts";
import type { PublishDeps } from "../playlists/publish.ts";
import { chunkHas, demandTask, type EncodeTask, encodeTasks, farWorkers, type TranscodingTask } from "../tasks/task.ts";
import { decodingSpeed, estimateWait, type FarTask } from "./estimate-wait.ts";

export interface Demand {
  videoId: string;
  quality: string;
  index: number;
}

type DemandDeps = RepairDeps &
  PublishDeps &
  Pick<TranscodingDeps, "queue" | "exclusion" | "changes" | "work" | "meters">;

/** hls.js gives up on a request whose answer has not begun after 10 seconds. */
const patienceSeconds = 8;

/**
 * Resolves when the segment's file is in place.
 *
 * @throws ServiceError `not_found` where it will never be; `unavailable` when it is not there in time
 */
export async function demandSegment(deps: DemandDeps, demand: Demand, signal?: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const measure = (outcome: "ready" | "late" | "refused") =>
    deps.meters.demandWait.of({ outcome }).observe((performance.now() - startedAt) / 1000);
  try {
    await untilMade(deps, demand, signal);
    measure("ready");
  } catch (error) {
    measure(isServiceError(error, "unavailable") ? "late" : "refused");
    throw error;
  }
}

async function untilMade(deps: DemandDeps, demand: Demand, signal?: AbortSignal): Promise<void> {
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
  const rendition = plan.renditions.find((one) => one.name === quality);
  if (!rendition || index >= rendition.segmentCount) throw segmentNotFound(demand);
  await addTask(deps, demand, plan, rendition);
  const made = await deps.changes.until(videoId, () => segmentOf(deps, demand), patience);
  if (!made) throw await notReadyYet(deps, demand, plan, rendition);
  assertNotEmpty(made, demand);
}

/** Null while the job is not prepared. */
async function planOfRunning({ jobs }: DemandDeps, demand: Demand): Promise<Plan | null> {
  const job = await jobs.findActive(demand.videoId);
  if (!job) throw segmentNotFound(demand);
  return job.state === "running" ? job.plan : null;
}

/** Null while it is being made. */
async function segmentOf({ jobs, ledger }: DemandDeps, demand: Demand): Promise<SegmentRow | null> {
  const { videoId, quality, index } = demand;
  const made = await ledger.find(videoId, quality, index);
  if (!made && !(await jobs.findActive(videoId))) throw segmentNotFound(demand);
  return made;
}

/** Adds a task for the segment, unless one is about to make it. */
async function addTask({ ledger, queue }: DemandDeps, demand: Demand, plan: Plan, rendition: Rendition): Promise<void> {
  const { videoId, quality, index } = demand;
  const made = await ledger.made(videoId);
  const waitedFor: EncodeTask[] = [];
  const isAboutToBeMade = (inQueue: TaskInQueue<TranscodingTask>[]) =>
    inQueue.some(({ task, state }) => {
      if (task.kind !== "encode" || task.videoId !== videoId || !chunkHas(task.chunk, quality, index)) return false;
      // What somebody waits for is short, or a decoder has a long way to it: its last segment comes sooner than a second
      // encoder would bring it beside the first.
      if (task.lane !== "encode") waitedFor.push(task);
      return task.lane !== "encode" || (state === "running" && isNear(task.chunk, demand, plan, made));
    });
  const chunk = demandedChunk(plan, rendition, index, made);
  // Where the job was stopped meanwhile, the worker finds nothing to do.
  await queue.add(demandTask(videoId, chunk, longWayTo(plan, chunk)), isAboutToBeMade);
  for (const task of waitedFor) await queue.add({ ...task, priority: 1 });
}

/** Null where a decoder is there soon. */
function longWayTo(plan: Plan, { kind, first, count }: Chunk): EncodeTask["decoded"] | null {
  const longGops = plan.video?.longGops ?? [];
  const begin = gridSeconds(plan, kind, first);
  if (kind !== "video" || !isFar(longGops, begin)) return null;
  return { fromSeconds: begin - passedSeconds(longGops, begin), endSeconds: gridSeconds(plan, kind, first + count) };
}

/**
 * True where everything before it in the chunk of a task that runs is made: it is the next to come out. Also where what is
 * missing before it takes less time than another decoder would need to come there from its key frame.
 */
function isNear(chunk: Chunk, { quality, index }: Demand, plan: Plan, made: Has): boolean {
  let next = chunk.first;
  while (next < index && made(quality, next)) next++;
  if (next === index || chunk.kind !== "video") return next === index;
  const begin = gridSeconds(plan, chunk.kind, index);
  const missingSeconds = begin - gridSeconds(plan, chunk.kind, next);
  const isOnItsWay = next === chunk.first;
  return !isOnItsWay && missingSeconds * decodingSpeed < passedSeconds(plan.video?.longGops ?? [], begin);
}

/** Says how long it takes and why, where a decoder has a long way to it. */
async function notReadyYet(
  { queue, changes }: DemandDeps,
  demand: Demand,
  plan: Plan,
  { kind }: Rendition,
): Promise<ServiceError> {
  const { videoId, quality, index } = demand;
  const [begin, end] = [gridSeconds(plan, kind, index), gridSeconds(plan, kind, index + 1)];
  const inQueue = await queue.list("");
  const waits = inQueue.flatMap(({ task, state }, position) => {
    if (task.kind !== "encode" || task.videoId !== videoId || !chunkHas(task.chunk, quality, index)) return [];
    const far = farTask(task, changes.wayOf(task.id));
    if (!far) return [];
    const before = state === "running" ? [] : encodeTasks(inQueue.slice(0, position).map((one) => one.task));
    const ahead = before.flatMap((one) => (one.lane === "far" ? (farTask(one, changes.wayOf(one.id)) ?? []) : []));
    return [{ seconds: estimateWait(far, end, ahead, farWorkers), way: far.way, ahead: ahead.length }];
  });
  const first = waits.sort((a, b) => a.seconds - b.seconds)[0];
  if (!first) return notReady(demand);
  const from = Math.round(begin - passedSeconds(plan.video?.longGops ?? [], begin));
  const why = `the source has no key frame after ${from} s, and is decoded from there up to ${Math.round(begin)} s`;
  const ahead = first.ahead > 0 ? `; what others wait for comes first` : "";
  const state = first.way ? `; ${Math.round(first.way.toSeconds)} s are reached` : ahead;
  const sentence = `${notReady(demand).message} in ${first.seconds} s: ${why}${state}`;
  return new ServiceError("unavailable", sentence, { details: { retry_after: first.seconds } });
}

/** Null where its decoder is there soon. */
function farTask({ decoded }: EncodeTask, way: Way | null): FarTask | null {
  if (decoded) return { ...decoded, way };
  return way && { fromSeconds: way.fromSeconds, endSeconds: way.toSeconds, way };
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
