/** What every ChunkQueue adapter must do. */
import { describe, expect, test } from "bun:test";
import type { ChunkQueue, ChunkQueueOptions } from "./chunk-queue.ts";

export function chunkQueueSuite(
  name: string,
  create: (options: ChunkQueueOptions<string>) => ChunkQueue<string>,
): void {
  const forever = new AbortController().signal;

  /** A queue whose worker ends a task only when told to. */
  function setup(concurrency: number) {
    const begun: string[] = [];
    const ends = new Map<string, PromiseWithResolvers<void>>();
    const queue = create({
      concurrency,
      worker: (work, signal) => {
        begun.push(work);
        const end = Promise.withResolvers<void>();
        ends.set(work, end);
        signal.addEventListener("abort", () => end.reject(signal.reason));
        return end.promise;
      },
    });
    const add = (work: string, priority = 0, signal = forever) => queue.add({ work, priority, signal });
    return { queue, begun, add, end: (work: string) => ends.get(work)?.resolve() };
  }

  describe(name, () => {
    test("no more tasks run at a time than were asked for", async () => {
      const { queue, begun, add, end } = setup(2);
      const all = ["a", "b", "c"].map((work) => add(work));
      await Promise.resolve();
      expect([begun.join(""), queue.running, queue.waiting]).toEqual(["ab", 2, 1]);
      end("a");
      await all[0];
      await Promise.resolve();
      expect(begun.join("")).toBe("abc");
      end("b");
      end("c");
      await Promise.all(all);
      expect(queue.running).toBe(0);
    });

    test("a higher priority goes first, equals in order of arrival", async () => {
      const { begun, add, end } = setup(1);
      const all = [add("first"), add("low", -2), add("a", -1), add("b", -1), add("urgent", 9)];
      await Promise.resolve();
      for (const work of ["first", "urgent", "a", "b", "low"]) {
        expect(begun.at(-1)).toBe(work);
        end(work);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(all);
    });

    test("a task fails as its worker does, and the others go on", async () => {
      const throwing = create({
        concurrency: 1,
        worker: async (work) => {
          if (work === "bad") throw new Error("broken");
        },
      });
      await expect(throwing.add({ work: "bad", priority: 0, signal: forever })).rejects.toThrow("broken");
      await throwing.add({ work: "good", priority: 0, signal: forever });
    });

    test("aborting takes a waiting task out and reaches a running one", async () => {
      const { queue, begun, add, end } = setup(1);
      const abort = new AbortController();
      const running = add("running", 0, abort.signal);
      const waiting = add("waiting", 0, abort.signal);
      const other = add("other");
      await Promise.resolve();
      abort.abort(new Error("stopped"));
      expect(await running.catch((error: Error) => error.message)).toBe("stopped");
      expect(await waiting.catch((error: Error) => error.message)).toBe("stopped");
      await new Promise((resolve) => setImmediate(resolve));
      expect(begun).toEqual(["running", "other"]);
      end("other");
      await other;
      expect(queue.waiting).toBe(0);
    });

    test("an aborted task has not ended before its worker has", async () => {
      const cleanUp = Promise.withResolvers<void>();
      const queue = create({
        concurrency: 1,
        worker: async (_, signal) => {
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          await cleanUp.promise;
        },
      });
      const abort = new AbortController();
      let ended = false;
      const task = queue.add({ work: "a", priority: 0, signal: abort.signal }).finally(() => {
        ended = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      abort.abort(new Error("stopped"));
      await new Promise((resolve) => setImmediate(resolve));
      expect(ended).toBe(false);
      cleanUp.resolve();
      await task.catch(() => undefined);
      expect(ended).toBe(true);
    });
  });
}
