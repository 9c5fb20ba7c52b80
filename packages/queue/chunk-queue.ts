/**
 * The port behind which work waits for a free encoder. The queue is only an order of doing things: what is to be made is
 * plan minus ledger, so a queue that is lost with its process loses nothing.
 */

export interface Task<Work> {
  work: Work;
  /** Higher goes first; equals go in order of arrival. */
  priority: number;
  /** Aborting takes a waiting task out and is passed on to one that runs. */
  signal: AbortSignal;
}

/** What every adapter promises; `chunk-queue.suite.ts` holds each of them to it. */
export interface ChunkQueue<Work> {
  /** Settles as the worker does with this task; rejects with the signal's reason when that aborts first. */
  add(task: Task<Work>): Promise<void>;
  /** How many tasks wait for a worker. */
  readonly waiting: number;
  /** How many are being worked on. */
  readonly running: number;
}

export interface ChunkQueueOptions<Work> {
  /** How many tasks are worked on at the same time. */
  concurrency: number;
  /** Does one task. Must end soon after the signal aborts. */
  worker: (work: Work, signal: AbortSignal) => Promise<void>;
}
