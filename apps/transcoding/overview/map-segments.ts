/**
 * The ladder by segments: plan, ledger, what encoders are at work on, and what failed, as runs of one state. Where several
 * are true of a segment the first of `made`, `demanded`, `making`, `failed` is told.
 */
import { type Chunk, type Plan, type Rendition, segmentSpan, wholeSeconds } from "@video-backend/media";
import type { SegmentRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { getJob } from "../jobs/jobs.ts";
import { chunkHas, encodeTasks, idPrefix } from "../tasks/task.ts";
import type { SegmentMap, SegmentRun, SegmentState } from "./contract.ts";

/** Of the past, in seconds: what was made in it tells the speed. */
const speedWindowSeconds = 30;
/** Segments that came within less than this say nothing: they were made side by side. */
const leastSpanSeconds = 1;

/** @throws ServiceError `not_found`: Status not found */
export async function mapSegments(
  deps: Pick<TranscodingDeps, "jobs" | "ledger" | "attempts" | "queue" | "settings">,
  videoId: string,
): Promise<SegmentMap> {
  const job = await getJob(deps, videoId);
  const plan = job.plan;
  const ledger = await deps.ledger.list(videoId);
  const inQueue = await deps.queue.list(idPrefix(videoId));
  const chunksOf = (tasks: typeof inQueue) => encodeTasks(tasks.map(({ task }) => task)).map(({ chunk }) => chunk);
  const demanded = chunksOf(inQueue.filter(({ task }) => task.kind === "encode" && task.isDemanded));
  const making = chunksOf(inQueue.filter(({ state }) => state === "running"));
  const failed = await deps.attempts.failed(videoId);
  const describe = (plan: Plan, rendition: Rendition) => {
    const made = ledger.filter((segment) => segment.rendition === rendition.name);
    const indexes = new Set(made.map((segment) => segment.index));
    const stateOf = (index: number): SegmentState => {
      if (indexes.has(index)) return "made";
      const isIn = (chunk: Pick<Chunk, "renditions" | "first" | "count">) => chunkHas(chunk, rendition.name, index);
      if (demanded.some(isIn)) return "demanded";
      if (making.some(isIn)) return "making";
      return failed.some(isIn) ? "failed" : "missing";
    };
    const speed = job.state === "running" ? speedOf(made) : null;
    return {
      name: rendition.name,
      kind: rendition.kind,
      segments: rendition.segmentCount,
      made: made.length,
      runs: runsOf(plan, rendition, stateOf),
      encoder: newestOf(made)?.encoder ?? null,
      speed,
      remaining_seconds: remainingOf(plan, rendition, made.length, speed),
    };
  };
  const renditions = plan ? plan.renditions.map((rendition) => describe(plan, rendition)) : [];
  return {
    upload_id: videoId,
    duration: plan ? wholeSeconds(plan) : 0,
    segment_seconds: plan?.segmentSeconds ?? deps.settings.segmentSeconds,
    renditions,
    remaining_seconds: slowestOf(renditions.map((rendition) => rendition.remaining_seconds)),
  };
}

function runsOf(plan: Plan, rendition: Rendition, stateOf: (index: number) => SegmentState): SegmentRun[] {
  const runs: SegmentRun[] = [];
  for (let index = 0; index < rendition.segmentCount; index++) {
    const state = stateOf(index);
    const { startSeconds, endSeconds } = segmentSpan(plan, rendition, index);
    const last = runs.at(-1);
    if (last?.state === state) {
      last.to = endSeconds;
      last.segments++;
    } else {
      runs.push({ state, from: startSeconds, to: endSeconds, segments: 1 });
    }
  }
  return runs;
}

const newestOf = (made: SegmentRow[]): SegmentRow | undefined =>
  made.reduce<SegmentRow | undefined>(
    (newest, one) => (newest && newest.madeAt >= one.madeAt ? newest : one),
    undefined,
  );

/** They are made side by side, so the whole takes as long as the slowest; null where one is not known. */
function slowestOf(seconds: (number | null)[]): number | null {
  const known = seconds.filter((one) => one !== null);
  return known.length > 0 && known.length === seconds.length ? Math.max(...known) : null;
}

/** Seconds of video by seconds that passed, between the oldest and the newest of the window. */
function speedOf(made: SegmentRow[]): number | null {
  const newest = newestOf(made)?.madeAt ?? 0;
  const recent = made.filter((segment) => segment.madeAt > newest - speedWindowSeconds);
  const oldest = Math.min(...recent.map((segment) => segment.madeAt));
  if (newest - oldest < leastSpanSeconds) return null;
  const after = recent.filter((segment) => segment.madeAt > oldest);
  const seconds = after.reduce((sum, segment) => sum + segment.durationSeconds, 0);
  return Math.round((100 * seconds) / (newest - oldest)) / 100;
}

function remainingOf(plan: Plan, rendition: Rendition, made: number, speed: number | null): number | null {
  if (made >= rendition.segmentCount) return 0;
  if (!speed) return null;
  const left = ((rendition.segmentCount - made) / rendition.segmentCount) * wholeSeconds(plan);
  return Math.round(left / speed);
}
