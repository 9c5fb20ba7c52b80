/**
 * Brings the work on one video in line with what it should be: adds the tasks that are missing, cancels those that are not
 * wanted, ends the job when all is made or something cannot be. Called at a start, a stop, a demand, and whenever a task of
 * the video has settled; calling it once more does nothing.
 */
import { type Plan, SourceError, videoRenditions } from "@video-backend/media";
import { messageOf } from "@video-backend/service";
import { finishedKey, renditionKey } from "@video-backend/storage/layout";
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { waitAfter } from "../encoding/faults.ts";
import { forgetLostSegments, type RepairDeps } from "../ledger/repair-files.ts";
import { type PublishDeps, publishPlaylists } from "../playlists/publish.ts";
import type { JobState } from "../states.ts";
import { encodeTasks, idPrefix } from "../tasks/task.ts";
import { planWork, type VideoState } from "./plan-work.ts";

type WorkDeps = PublishDeps &
  RepairDeps &
  Pick<TranscodingDeps, "queue" | "changes" | "meters" | "exclusion" | "work" | "workspace" | "settings" | "now">;

/** @throws what the stores fail with; then it is to be called again */
export async function reconcileWork(deps: WorkDeps, videoId: string, signal: AbortSignal): Promise<void> {
  try {
    await reconcile(deps, videoId, signal);
  } catch (error) {
    const wait = waitAfter(error);
    if (wait !== null) deps.changes.tellWaiting(videoId, wait);
    throw error;
  }
}

async function reconcile(deps: WorkDeps, videoId: string, signal: AbortSignal): Promise<void> {
  using _ = await deps.exclusion.acquire(videoId, { signal });
  const job = await deps.jobs.find(videoId);
  const plan = job?.plan ?? null;
  if (plan) for (const name of plan.dropped) await clearTrack(deps, videoId, name);
  const tasks = (await deps.queue.list(idPrefix(videoId))).map(({ task }) => task);
  const done = job?.state === "running" ? await whatIsDone(deps, videoId) : nothingDone;
  const work = planWork({ videoId, job, plan, ...done, tasks }, maxInQueue(deps));
  if (work.kind === "cancel") return deps.queue.cancel(idPrefix(videoId));
  if (work.kind === "fail" && job) return conclude(deps, job, "error");
  if (work.kind === "finish" && job && plan) return finish(deps, job, plan);
  if (work.kind !== "add") return;
  for (const task of work.tasks) await deps.queue.add(task);
  // While the first of them starts; a player finds the playlists before anything in them is made.
  if (job?.state === "running" && !deps.published.has(videoId)) await publishPlaylists(deps, videoId);
}

type Done = Pick<VideoState, "made" | "firstMissing" | "doneSteps">;

/** Of a job that is not prepared, or has ended: nothing is decided by it. */
const nothingDone: Done = { made: () => false, doneSteps: new Set() };

async function whatIsDone({ ledger, jobs }: WorkDeps, videoId: string): Promise<Done> {
  const [segments, doneSteps] = await Promise.all([ledger.segments(videoId), jobs.doneSteps(videoId)]);
  return { made: segments.has, firstMissing: (name) => segments.of(name).nextMissing(0), doneSteps };
}

/** Ends what is still being made of a track that was left out, and removes what was made of it before. */
async function clearTrack({ queue, ledger, store }: WorkDeps, videoId: string, name: string): Promise<void> {
  const tasks = encodeTasks((await queue.list(idPrefix(videoId))).map(({ task }) => task));
  for (const { id, chunk } of tasks) if (chunk.renditions.includes(name)) await queue.cancel(id);
  const rows = (await ledger.list(videoId)).filter(({ rendition }) => rendition === name);
  if (rows.length > 0)
    await ledger.forget(
      videoId,
      name,
      rows.map(({ index }) => index),
    );
  await store.remove(renditionKey(videoId, name));
}

/** Enough that no worker waits for a reconcile, and few enough that a long video is not a long queue. */
const maxInQueue = ({ settings }: WorkDeps): number => 2 * settings.processes + 2;

async function finish(deps: WorkDeps, job: JobRow, plan: Plan): Promise<void> {
  const { videoId } = job;
  // What was lost from the disk meanwhile is made again.
  if ((await forgetLostSegments(deps, videoId)) > 0) return deps.work.request(videoId);
  if (!(await isSomethingThere(deps, videoId, plan))) {
    const error = new SourceError("Not one frame of this file could be decoded");
    await deps.jobs.recordFailure(videoId, messageOf(error), "source");
    return deps.work.request(videoId);
  }
  await conclude(deps, job, "ok");
}

async function isSomethingThere({ ledger }: WorkDeps, videoId: string, plan: Plan): Promise<boolean> {
  const names = new Set(videoRenditions(plan).map((rendition) => rendition.name));
  const segments = await ledger.segments(videoId);
  return plan.renditions.some(({ name }) => segments.of(name).hasFiles && (names.size === 0 || names.has(name)));
}

/** The last state is written last: before it playlists are final, and nothing of the video is left to clear away. */
async function conclude(deps: WorkDeps, job: JobRow, state: JobState & ("ok" | "error")): Promise<void> {
  const { videoId, error, fault } = job;
  await deps.queue.cancel(idPrefix(videoId));
  await publishPlaylists(deps, videoId);
  await deps.workspace.remove(videoId).catch((failure: unknown) => {
    // The janitor finds what cannot be removed at this moment.
    deps.log.warn({ videoId, reason: messageOf(failure) }, "the workspace could not be removed");
  });
  const finishedAt = deps.now();
  if (state === "ok") await deps.store.put(finishedKey(videoId), JSON.stringify({ finished_at: finishedAt }));
  await deps.jobs.move(videoId, state, { finishedAt, error, fault });
  if (state === "error") deps.meters.countFailure("job", fault);
  deps.log.info({ videoId, state, ...(error === null ? {} : { reason: error }) }, "job ended");
  deps.changes.tellWaiting(videoId, null);
  deps.changes.tell(videoId, "job");
}
