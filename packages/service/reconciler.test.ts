import { expect, test } from "bun:test";
import { createLog } from "./log.ts";
import { createReconciler, type ReconcilerOptions } from "./reconciler.ts";

function setup(options: Omit<ReconcilerOptions<string>, "log">) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog("test", "warn", { write: (line: string) => void lines.push(JSON.parse(line)) });
  const reconciler = createReconciler({ minRetrySeconds: 0.01, ...options, log });
  return { reconciler, lines, [Symbol.asyncDispose]: () => reconciler.close() };
}

test("a key that fails is tried again by itself and logged, and keeps no other from its turn", async () => {
  const seen: string[] = [];
  const healed = Promise.withResolvers<void>();
  await using place = setup({
    concurrency: 1,
    async reconcile(key) {
      seen.push(key);
      if (key !== "bad") return;
      if (seen.filter((one) => one === "bad").length < 4) throw new Error("not yet");
      healed.resolve();
    },
  });
  for (const key of ["bad", "a", "b"]) place.reconciler.request(key);
  await place.reconciler.idle();
  expect(seen.slice(0, 3)).toEqual(["bad", "a", "b"]);
  await healed.promise;
  expect(seen.slice(3)).toEqual(["bad", "bad", "bad"]);
  expect(place.lines).toMatchObject([
    { key: "bad", failures: 1, retrySeconds: 0.01, reason: "not yet" },
    { key: "bad", failures: 2, retrySeconds: 0.02 },
    { key: "bad", failures: 3, retrySeconds: 0.04 },
  ]);
});

test("a request while it is in progress is one more reconcile afterwards, never two at a time", async () => {
  let running = 0;
  let most = 0;
  let times = 0;
  const begun = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using place = setup({
    async reconcile() {
      times++;
      most = Math.max(most, ++running);
      begun.resolve();
      await release.promise;
      running--;
    },
  });
  place.reconciler.request("a");
  await begun.promise;
  for (let more = 0; more < 5; more++) place.reconciler.request("a");
  release.resolve();
  await place.reconciler.idle();
  expect([times, most]).toEqual([2, 1]);
});

test("a request for a key that waits for another try is made at once", async () => {
  let fails = true;
  let times = 0;
  await using place = setup({
    minRetrySeconds: 1000,
    async reconcile() {
      times++;
      if (fails) throw new Error("away");
    },
  });
  place.reconciler.request("a");
  await place.reconciler.idle();
  fails = false;
  place.reconciler.request("a");
  await place.reconciler.idle();
  expect(times).toBe(2);
});

test("closing aborts what is in progress, and nothing begins any more", async () => {
  const begun: string[] = [];
  const place = setup({
    concurrency: 1,
    reconcile: (key, signal) => {
      begun.push(key);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  });
  place.reconciler.request("a");
  place.reconciler.request("b");
  await place.reconciler.close();
  place.reconciler.request("c");
  expect(begun).toEqual(["a"]);
  expect(place.lines).toEqual([]);
});

test("all that is asked for within a time is one reconcile, also while one is in progress, and an earlier wish counts", async () => {
  let times = 0;
  const seen = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const release = Promise.withResolvers<void>();
  await using place = setup({
    async reconcile() {
      seen[times++]?.resolve();
      await release.promise;
    },
  });
  for (let more = 0; more < 5; more++) place.reconciler.requestWithin("a", 0.02);
  expect(times).toBe(0);
  await seen[0]?.promise;
  for (let more = 0; more < 5; more++) place.reconciler.requestWithin("a", 0.02);
  release.resolve();
  await seen[1]?.promise;
  await place.reconciler.idle();
  expect(times).toBe(2);
  place.reconciler.requestWithin("a", 1000);
  place.reconciler.request("a");
  await seen[2]?.promise;
  expect(times).toBe(3);
});
