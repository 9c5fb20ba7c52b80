/** What every TaskQueue adapter must do. */
import { describe, expect, test } from "bun:test";
import { type Task, TaskCancelledError, type TaskQueue } from "./task-queue.ts";

export function taskQueueSuite(name: string, create: () => TaskQueue<Task>): void {
  const task = (id: string, priority = 0, lane = "encode"): Task => ({ id, lane, priority });
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  /** A queue whose handler ends a task only when told to, or when it is aborted and `cleanUp` has resolved. */
  function setup(concurrency: Record<string, number> = { encode: 1 }, cleanUp: Promise<void> = Promise.resolve()) {
    const queue = create();
    const started: string[] = [];
    const events: string[] = [];
    const ends = new Map<string, PromiseWithResolvers<void>>();
    queue.listen((event) => {
      const error = event.kind === "settled" && event.error instanceof Error ? ` ${event.error.name}` : "";
      events.push(`${event.kind} ${event.task.id}${error}`);
    });
    queue.process(async ({ id }, signal) => {
      started.push(id);
      const end = Promise.withResolvers<void>();
      ends.set(id, end);
      signal.addEventListener("abort", () => void cleanUp.then(() => end.reject(signal.reason)));
      await end.promise;
    }, concurrency);
    const end = async (id: string, error?: Error) => {
      if (error) ends.get(id)?.reject(error);
      else ends.get(id)?.resolve();
      await turn();
    };
    const states = async (prefix = "") => (await queue.list(prefix)).map(({ task: { id }, state }) => `${id} ${state}`);
    return { queue, started, events, end, states };
  }

  describe(name, () => {
    test("runs no more tasks of a lane at a time than were asked for, and lanes beside each other", async () => {
      const { queue, started, end } = setup({ encode: 2, poster: 1 });
      for (const id of ["a", "b", "c"]) await queue.add(task(id));
      await queue.add(task("p", 0, "poster"));
      await queue.add(task("nobody", 0, "other"));
      await turn();
      expect(started).toEqual(["a", "b", "p"]);
      expect(await queue.count("encode")).toEqual({ waiting: 1, running: 2 });
      expect(await queue.count("other")).toEqual({ waiting: 1, running: 0 });
      await end("a");
      expect(started.at(-1)).toBe("c");
    });

    test("adds nothing where what is in the queue will do, of those who ask together too", async () => {
      const { queue, states } = setup();
      const asked: string[][] = [];
      const add = (id: string) =>
        queue.add(task(id), (inQueue) => {
          asked.push(inQueue.map(({ task: { id }, state }) => `${id} ${state}`));
          return inQueue.some((one) => one.task.id.startsWith("a/"));
        });
      await queue.add(task("first"));
      await turn();
      await Promise.all(["a/1", "a/2", "a/3"].map(add));
      expect(await states()).toEqual(["first running", "a/1 waiting"]);
      expect(asked).toEqual([["first running"], ...Array(2).fill(["first running", "a/1 waiting"])]);
    });

    test("starts a higher priority first, equals in order of arrival", async () => {
      const { queue, started, end } = setup();
      for (const [id, priority] of [
        ["first", 0],
        ["low", -2],
        ["a", -1],
        ["b", -1],
        ["urgent", 9],
      ] as const)
        await queue.add(task(id, priority));
      await turn();
      for (const id of ["first", "urgent", "a", "b", "low"]) {
        expect(started.at(-1)).toBe(id);
        await end(id);
      }
    });

    test("has a task once that is added twice, waiting or running, with the higher priority", async () => {
      const { queue, started, end, states } = setup();
      await queue.add(task("first"));
      await turn();
      await queue.add(task("first", 5));
      await queue.add(task("low", -1));
      await queue.add(task("other", 0));
      await queue.add(task("low", 3));
      await queue.add(task("low", -9));
      expect(await states()).toEqual(["first running", "low waiting", "other waiting"]);
      await end("first");
      await end("low");
      await end("other");
      expect(started).toEqual(["first", "low", "other"]);
    });

    test("takes a task again that has settled", async () => {
      const { queue, started, end } = setup();
      await queue.add(task("a"));
      await turn();
      await end("a");
      await queue.add(task("a"));
      await turn();
      expect(started).toEqual(["a", "a"]);
    });

    test("tells that a task failed, and goes on with the others", async () => {
      const { queue, events, end } = setup();
      await queue.add(task("bad"));
      await queue.add(task("good"));
      await turn();
      await end("bad", new RangeError("broken"));
      await end("good");
      expect(events).toEqual(["started bad", "settled bad RangeError", "started good", "settled good"]);
    });

    test("cancels by prefix: what waits is never started, what runs is aborted, the rest goes on", async () => {
      const { queue, started, events, states } = setup();
      for (const id of ["v/1", "v/2", "w/1"]) await queue.add(task(id));
      await turn();
      await queue.cancel("v/");
      await turn();
      expect(started).toEqual(["v/1", "w/1"]);
      expect(await states()).toEqual(["w/1 running"]);
      const { name: cancelled } = new TaskCancelledError("");
      expect(events.filter((event) => event.includes("settled")).sort()).toEqual([
        `settled v/1 ${cancelled}`,
        `settled v/2 ${cancelled}`,
      ]);
    });

    test("has not cancelled a task before its handler has ended", async () => {
      const cleanUp = Promise.withResolvers<void>();
      const { queue, states } = setup({ encode: 1 }, cleanUp.promise);
      await queue.add(task("a"));
      await turn();
      let isCancelled = false;
      const cancelling = queue.cancel("a").then(() => {
        isCancelled = true;
      });
      await turn();
      expect([isCancelled, await states()]).toEqual([false, ["a running"]]);
      cleanUp.resolve();
      await cancelling;
      expect(await states()).toEqual([]);
    });

    test("hands the data of a task to its handler, as it was when it was added", async () => {
      const queue = create();
      const added = { ...task("a"), renditions: ["360p"] };
      const done = Promise.withResolvers<Task>();
      await queue.add(added);
      added.renditions.push("480p");
      queue.process(async (one) => done.resolve(one), { encode: 1 });
      expect(await done.promise).toEqual({ ...task("a"), renditions: ["360p"] } as Task);
    });

    test("lists by prefix", async () => {
      const { queue, states } = setup();
      for (const id of ["v/1", "vv/1", "v/2"]) await queue.add(task(id));
      await turn();
      expect(await states("v/")).toEqual(["v/1 running", "v/2 waiting"]);
    });

    test("starts nothing before it has a handler", async () => {
      const queue = create();
      await queue.add(task("a"));
      await turn();
      expect((await queue.list("")).map(({ state }) => state)).toEqual(["waiting"]);
      const done = Promise.withResolvers<string>();
      queue.process(async ({ id }) => done.resolve(id), { encode: 1 });
      expect(await done.promise).toBe("a");
    });

    test("tells for how long a task has waited", async () => {
      const { queue, end } = setup();
      const waited: number[] = [];
      queue.listen((event) => event.kind === "started" && waited.push(event.waitedSeconds));
      const addedAt = performance.now();
      for (const id of ["a", "b"]) await queue.add(task(id));
      await turn();
      await new Promise((resolve) => setTimeout(resolve, 20));
      await end("a");
      expect(waited).toHaveLength(2);
      expect(waited[0]).toBeLessThan(0.02);
      expect(waited[1]).toBeWithin(0.019, (performance.now() - addedAt) / 1000);
    });

    test("closes when all handlers have ended, and takes nothing afterwards", async () => {
      const { queue, started, states } = setup();
      await queue.add(task("a"));
      await queue.add(task("b"));
      await turn();
      await queue.close();
      await queue.add(task("c"));
      await turn();
      expect([started, await states()]).toEqual([["a"], []]);
    });
  });
}
