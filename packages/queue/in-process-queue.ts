/** The embedded adapter of the task queue: p-queue in this very process, one for each lane. */
import PQueue from "p-queue";
import {
  type Task,
  TaskCancelledError,
  type TaskEvent,
  type TaskHandler,
  type TaskInQueue,
  type TaskQueue,
} from "./task-queue.ts";

interface Entry<Queued extends Task> extends TaskInQueue<Queued> {
  abort: AbortController;
  settled: PromiseWithResolvers<void>;
  /** In p-queue, where an id that was cancelled may still be. */
  number: string;
  /** As `performance.now()`. */
  addedAt: number;
}

export function createInProcessQueue<Queued extends Task>(): TaskQueue<Queued> {
  const entries = new Map<string, Entry<Queued>>();
  const lanes = new Map<string, PQueue>();
  const listeners = new Set<(event: TaskEvent<Queued>) => void>();
  let handle: TaskHandler<Queued> | undefined;
  let isClosed = false;
  let added = 0;

  function laneOf(lane: string): PQueue {
    const known = lanes.get(lane) ?? new PQueue({ concurrency: 1, autoStart: false });
    lanes.set(lane, known);
    return known;
  }

  function tell(event: TaskEvent<Queued>): void {
    for (const listener of listeners) listener(event);
  }

  /** Never rejects. */
  async function run(entry: Entry<Queued>): Promise<void> {
    const { task, abort } = entry;
    if (abort.signal.aborted || !handle) return;
    entry.state = "running";
    tell({ kind: "started", task, waitedSeconds: (performance.now() - entry.addedAt) / 1000 });
    let error: unknown = null;
    try {
      await handle(task, abort.signal);
    } catch (thrown) {
      error = thrown;
    }
    settle(entry, error);
  }

  function settle(entry: Entry<Queued>, error: unknown): void {
    entries.delete(entry.task.id);
    tell({ kind: "settled", task: entry.task, error });
    entry.settled.resolve();
  }

  function withPrefix(prefix: string): Entry<Queued>[] {
    return [...entries.values()].filter(({ task }) => task.id.startsWith(prefix));
  }

  async function abortAll(prefix: string): Promise<void> {
    const all = withPrefix(prefix);
    for (const entry of all) {
      const reason = new TaskCancelledError(entry.task.id);
      entry.abort.abort(reason);
      if (entry.state === "waiting") settle(entry, reason);
    }
    await Promise.all(all.map(({ settled }) => settled.promise));
  }

  return {
    async add(task, unless) {
      // Nothing is awaited between the question and the adding.
      if (isClosed || unless?.(withPrefix(""))) return;
      const lane = laneOf(task.lane);
      const known = entries.get(task.id);
      if (known) {
        if (known.state === "running" || known.task.priority >= task.priority) return;
        known.task = { ...known.task, priority: task.priority };
        lane.setPriority(known.number, task.priority);
        return;
      }
      const entry: Entry<Queued> = {
        // As if it came from another process: nothing may depend on more than its data.
        task: JSON.parse(JSON.stringify(task)),
        state: "waiting",
        abort: new AbortController(),
        settled: Promise.withResolvers(),
        number: String(++added),
        addedAt: performance.now(),
      };
      entries.set(task.id, entry);
      void lane.add(() => run(entry), { priority: task.priority, id: entry.number });
    },
    cancel: abortAll,
    async list(prefix) {
      return withPrefix(prefix).map(({ task, state }) => ({ task, state }));
    },
    async count(lane) {
      const states = [...entries.values()].filter(({ task }) => task.lane === lane).map(({ state }) => state);
      const running = states.filter((state) => state === "running").length;
      return { waiting: states.length - running, running };
    },
    process(handler, concurrency) {
      handle = handler;
      for (const [lane, workers] of Object.entries<number | undefined>(concurrency)) {
        if (workers === undefined) continue;
        laneOf(lane).concurrency = workers;
        laneOf(lane).start();
      }
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async close() {
      isClosed = true;
      await abortAll("");
    },
  };
}
