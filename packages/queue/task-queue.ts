/**
 * The port behind which work waits for a free worker. A task is data: whoever has the stores and the source can run it, in
 * this process or in another. The queue is only an order of doing things. What is to be made follows from the stores, so a
 * queue that is lost with its process loses nothing, and a failed task is added again by whoever compares the state anew.
 */

export interface Task {
  /** Says what the task makes, from the whole to the part, such as `{videoId}/encode/audio/0-7`. Added twice is once. */
  id: string;
  /** Tasks of one lane share its workers. */
  lane: string;
  /** Higher goes first within a lane; equals go in order of arrival. */
  priority: number;
}

/** A task that was added and has not settled. */
export interface TaskInQueue<Queued extends Task> {
  task: Queued;
  state: "waiting" | "running";
}

/** `started`: a worker has it, and for how long it waited. `settled`: it has ended, was cancelled or failed, and is not in the queue any more. */
export type TaskEvent<Queued extends Task> =
  | { kind: "started"; task: Queued; waitedSeconds: number }
  | { kind: "settled"; task: Queued; error: unknown };

/** Does one task. Must end soon after the signal aborts. */
export type TaskHandler<Queued extends Task> = (task: Queued, signal: AbortSignal) => Promise<void>;

/** What every adapter promises; `task-queue.suite.ts` holds each of them to it. */
export interface TaskQueue<Queued extends Task> {
  /**
   * Adds a task, unless one of its id waits or runs; one that waits gets the higher of the two priorities.
   *
   * @param unless is asked about all that are in the queue, in order of arrival; where it says true nothing is added. Of several
   *   who ask at the same time, each is asked about the task of the one before it
   */
  add(task: Queued, unless?: (inQueue: TaskInQueue<Queued>[]) => boolean): Promise<void>;
  /**
   * Takes out all tasks whose id begins so: those that wait are never started, those that run are aborted. Resolves when
   * no handler works on one of them any more.
   */
  cancel(idPrefix: string): Promise<void>;
  /** Those whose id begins so, in order of arrival. */
  list(idPrefix: string): Promise<TaskInQueue<Queued>[]>;
  /** How many wait and run in a lane. */
  count(lane: Queued["lane"]): Promise<{ waiting: number; running: number }>;
  /**
   * Starts the workers; a lane that is not named here is not worked on.
   *
   * @param concurrency how many tasks of each lane run at the same time
   */
  process(handler: TaskHandler<Queued>, concurrency: Partial<Record<Queued["lane"], number>>): void;
  /** Calls `listener` at each event of any task, until the function that comes back is called. */
  listen(listener: (event: TaskEvent<Queued>) => void): () => void;
  /** Aborts what runs, starts nothing more, and resolves when all handlers have ended. */
  close(): Promise<void>;
}

/** The reason with which a task is aborted that was taken out of the queue. */
export class TaskCancelledError extends Error {
  override name = "TaskCancelledError";
  constructor(id: string) {
    super(`Task ${id} was cancelled`);
  }
}
