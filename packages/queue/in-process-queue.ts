/**
 * The embedded adapter: p-queue in this very process. p-queue gives up on an aborted task at once, while its worker may
 * still be at work; here nobody is told of an end before the worker has ended, because files are removed after it.
 */
import PQueue from "p-queue";
import type { ChunkQueue, ChunkQueueOptions } from "./chunk-queue.ts";

export function createInProcessQueue<Work>({ concurrency, worker }: ChunkQueueOptions<Work>): ChunkQueue<Work> {
  const queue = new PQueue({ concurrency });
  return {
    add: ({ work, priority, signal }) => addAndWait(queue, () => worker(work, signal), { priority, signal }),
    get waiting() {
      return queue.size;
    },
    get running() {
      return queue.pending;
    },
  };
}

export interface Limiter {
  /** Settles as the work does; work that waits when the signal aborts is never begun. */
  add<Value>(work: () => Promise<Value>, options: { signal: AbortSignal }): Promise<Value>;
}

/** Bounds how many pieces of work run at the same time; the rest wait in order of arrival. */
export function createLimiter(concurrency: number): Limiter {
  const queue = new PQueue({ concurrency });
  return { add: (work, options) => addAndWait(queue, work, options) };
}

async function addAndWait<Value>(
  queue: PQueue,
  work: () => Promise<Value>,
  options: { signal: AbortSignal; priority?: number },
): Promise<Value> {
  let begun: Promise<Value> | undefined;
  try {
    return await queue.add(() => {
      begun = work();
      return begun;
    }, options);
  } finally {
    await begun?.catch(() => undefined);
  }
}
