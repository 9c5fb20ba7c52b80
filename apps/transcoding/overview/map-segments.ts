/**
 * The ladder by segments: plan, ledger, what encoders are at work on, and what failed, as runs of one state. Where several
 * are true of a segment the first of `made`, `demanded`, `making`, `failed` is told.
 */
import { type Chunk, type Plan, type Rendition, segmentSpan, wholeSeconds } from "@video-backend/media";
import type { TranscodingDeps } from "../deps.ts";
import { getJob } from "../jobs/jobs.ts";
import type { RenditionSegments } from "../ledger/video-segments.ts";
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
  const segments = await deps.ledger.segments(videoId);
  const inQueue = await deps.queue.list(idPrefix(videoId));
  const chunksOf = (tasks: typeof inQueue) => encodeTasks(tasks.map(({ task }) => task)).map(({ chunk }) => chunk);
  const demanded = chunksOf(inQueue.filter(({ task }) => task.kind === "encode" && task.isDemanded));
  const making = chunksOf(inQueue.filter(({ state }) => state === "running"));
  const failed = await deps.attempts.failed(videoId);
  const describe = (plan: Plan, rendition: Rendition) => {
    const made = segments.of(rendition.name);
    const stateOf = (index: number): SegmentState => {
      if (made.find(index)) return "made";
      const isIn = (chunk: Part) => chunkHas(chunk, rendition.name, index);
      if (demanded.some(isIn)) return "demanded";
      if (making.some(isIn)) return "making";
      return failed.some(isIn) ? "failed" : "missing";
    };
    const parts = [...demanded, ...making, ...failed].filter(({ renditions }) => renditions.includes(rendition.name));
    const changes = [...made.runs(), ...parts.map(({ first, count }) => ({ first, end: first + count }))];
    const speed = job.state === "running" ? speedOf(made) : null;
    return {
      name: rendition.name,
      kind: rendition.kind,
      segments: rendition.segmentCount,
      made: made.count,
      runs: runsOf(plan, rendition, changes, stateOf),
      encoder: made.newest?.encoder ?? null,
      speed,
      remaining_seconds: remainingOf(plan, rendition, made.count, speed),
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

/** @param changes where the state may change: at both ends of each */
function runsOf(
  plan: Plan,
  rendition: Rendition,
  changes: { first: number; end: number }[],
  stateOf: (index: number) => SegmentState,
): SegmentRun[] {
  const { segmentCount } = rendition;
  const ends = changes.flatMap(({ first, end }) => [first, end]).filter((index) => index > 0 && index < segmentCount);
  const starts = [...new Set([0, ...ends])].sort((a, b) => a - b);
  const runs: SegmentRun[] = [];
  for (const [position, first] of starts.entries()) {
    const end = starts[position + 1] ?? segmentCount;
    const state = stateOf(first);
    const from = segmentSpan(plan, rendition, first).startSeconds;
    const to = segmentSpan(plan, rendition, end - 1).endSeconds;
    const last = runs.at(-1);
    if (last?.state === state) Object.assign(last, { to, segments: last.segments + end - first });
    else runs.push({ state, from, to, segments: end - first });
  }
  return runs;
}

type Part = Pick<Chunk, "renditions" | "first" | "count">;

/** They are made side by side, so the whole takes as long as the slowest; null where one is not known. */
function slowestOf(seconds: (number | null)[]): number | null {
  const known = seconds.filter((one) => one !== null);
  return known.length > 0 && known.length === seconds.length ? Math.max(...known) : null;
}

/** Seconds of video by seconds that passed, between the oldest and the newest of the window. */
function speedOf(made: RenditionSegments): number | null {
  const newest = made.newest?.madeAt ?? 0;
  const recent = made.recent().filter((segment) => segment.madeAt > newest - speedWindowSeconds);
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
