/**
 * What has to be done next for one video, from its job, its plan, its ledger and the tasks that are in the queue. Pure:
 * state in, work out. Start, resume, a crash, a restart, a lost event and a task that has settled all come to this.
 */
import { type Chunk, type Has, missingOf, type Plan, remainingChunks } from "@video-backend/media";
import type { JobRow } from "../database/schema.ts";
import { isActive, type Step } from "../states.ts";
import {
  backgroundTask,
  chunkHas,
  encodeTasks,
  openingTask,
  posterTask,
  prepareTask,
  storyboardTask,
  subtitlesTask,
  type TranscodingTask,
} from "../tasks/task.ts";

export interface VideoState {
  videoId: string;
  job: Pick<JobRow, "state" | "error"> | null;
  plan: Plan | null;
  made: Has;
  /** The first segment of a rendition that is not made; absent where nobody has kept it. */
  firstMissing?: (rendition: string) => number;
  /** Those of this video that wait or run. */
  tasks: readonly TranscodingTask[];
  doneSteps: ReadonlySet<Step>;
}

/**
 * `add`: these tasks, which may be none. `cancel`: nothing is to be made, and tasks are left. `fail`: something cannot be
 * made, and the job ends. `finish`: all is made.
 */
export type Work =
  | { kind: "add"; tasks: TranscodingTask[] }
  | { kind: "cancel" }
  | { kind: "fail" }
  | { kind: "finish" };

const nothing: Work = { kind: "add", tasks: [] };

/** @param maxInQueue how many background tasks of one video wait or run at most: what comes after them is added later */
export function planWork(state: VideoState, maxInQueue: number): Work {
  const { videoId, job, plan, tasks } = state;
  if (!job || !isActive(job.state)) return tasks.length > 0 ? { kind: "cancel" } : nothing;
  if (job.error !== null) return { kind: "fail" };
  if (job.state === "queued" || !plan) return { kind: "add", tasks: [prepareTask(videoId)] };

  const remaining = remainingChunks(plan, state.made, state.firstMissing);
  const isInQueue: Has = (name, index) => encodeTasks(tasks).some(({ chunk }) => chunkHas(chunk, name, index));
  const isMadeOrInQueue: Has = (name, index) => state.made(name, index) || isInQueue(name, index);
  const missing = (chunk: Chunk) => missingOf(plan, chunk, isMadeOrInQueue);
  // What every player asks for first has the machine to itself.
  if (remaining.opening.length > 0) {
    return { kind: "add", tasks: remaining.opening.flatMap(missing).map((chunk) => openingTask(videoId, chunk)) };
  }
  const beside = [posterTask(videoId), subtitlesTask(videoId)].filter(({ kind }) => !isDone(state, kind));
  const background = backgroundTasks();
  if (background) return { kind: "add", tasks: [...beside, ...background] };
  if (beside.length > 0) return { kind: "add", tasks: beside };
  if (!isDone(state, "storyboard")) return { kind: "add", tasks: [storyboardTask(videoId)] };
  return { kind: "finish" };

  /** Null where every segment is made. */
  function backgroundTasks(): TranscodingTask[] | null {
    const inQueue = encodeTasks(tasks).filter(({ lane }) => lane === "encode").length;
    let isWhole = true;
    const chunks: Chunk[] = [];
    for (const chunk of remaining.rest) {
      isWhole = false;
      if (inQueue + chunks.length >= maxInQueue) break;
      chunks.push(...missing(chunk));
    }
    return isWhole ? null : chunks.map((chunk, position) => backgroundTask(videoId, chunk, inQueue + position));
  }
}

const isDone = ({ doneSteps }: VideoState, step: TranscodingTask["kind"]): boolean =>
  step !== "encode" && step !== "prepare" && doneSteps.has(step);
