import { expect, test } from "bun:test";
import { createWorld } from "@video-backend/testing";
import { openMetadataDatabase } from "../database/sqlite-stores.ts";
import { followChanges, type Reset } from "./change-feed.ts";
import { createSqliteChanges } from "./sqlite-changes.ts";
import type { Change } from "./store.ts";

function setup(kept?: number) {
  const world = createWorld();
  const database = openMetadataDatabase(world.path("videos.db"));
  world.defer(() => database.$client.close());
  const lines: unknown[] = [];
  const warn = (line: unknown) => void lines.push(line);
  const changes = createSqliteChanges(database, { now: world.clock.now, ...(kept && { kept }), log: { warn } });
  const record = (hash: string) =>
    database.transaction((transaction) => changes.add(transaction, "video.created", hash));
  const feed = {
    follow: (after: number | undefined, signal: AbortSignal) => followChanges({ changes }, after, signal),
    record: changes.add,
  };
  return { record, feed, database, lines, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

/** The next `count` things the feed tells. */
async function take(feed: AsyncIterable<Change | Reset>, count: number): Promise<string[]> {
  const told: string[] = [];
  for await (const change of feed) {
    told.push(change.kind === "reset" ? change.kind : change.hash);
    if (told.length === count) break;
  }
  return told;
}

test("a follower without a past hears only what is new", async () => {
  await using changes = setup();
  changes.record("old");
  const told = take(changes.feed.follow(undefined, new AbortController().signal), 2);
  await Promise.resolve();
  changes.record("a");
  changes.record("b");
  expect(await told).toEqual(["a", "b"]);
});

test("a follower that was away takes up after the last change it saw", async () => {
  await using changes = setup();
  for (const hash of ["a", "b", "c"]) changes.record(hash);
  expect(await take(changes.feed.follow(1, new AbortController().signal), 2)).toEqual(["b", "c"]);
});

test("a follower that was away for too long is told to read the list again", async () => {
  await using changes = setup(5);
  for (let index = 1; index <= 100; index++) changes.record(`v${index}`);
  await Promise.resolve();
  expect(await take(changes.feed.follow(3, new AbortController().signal), 1)).toEqual(["reset"]);
  expect(await take(changes.feed.follow(97, new AbortController().signal), 3)).toEqual(["v98", "v99", "v100"]);
});

test("a change that was rolled back is never told", async () => {
  await using changes = setup();
  const told = take(changes.feed.follow(undefined, new AbortController().signal), 1);
  await Promise.resolve();
  expect(() =>
    changes.database.transaction((transaction) => {
      changes.feed.record(transaction, "video.created", "ghost");
      throw new Error("no");
    }),
  ).toThrow("no");
  changes.record("real");
  expect(await told).toEqual(["real"]);
});

test("an aborted follower ends", async () => {
  await using changes = setup();
  const abort = new AbortController();
  const told = take(changes.feed.follow(undefined, abort.signal), 1);
  abort.abort();
  expect(await told).toEqual([]);
});

test("changes that are removed while a follower is connected and busy are told to it as a reset", async () => {
  await using changes = setup(5);
  changes.record("first");
  const told = changes.feed.follow(0, new AbortController().signal)[Symbol.asyncIterator]();
  expect((await told.next()).value).toMatchObject({ hash: "first" });
  for (let index = 2; index <= 300; index++) {
    changes.record(`v${index}`);
    await Promise.resolve();
  }
  expect((await told.next()).value).toEqual({ kind: "reset", sequence: 300 });
  changes.record("next");
  expect((await told.next()).value).toMatchObject({ hash: "next" });
});

test("an id of another database, or of no change at all, is told as a reset and then only what is new", async () => {
  await using changes = setup();
  const told = changes.feed.follow(77, new AbortController().signal)[Symbol.asyncIterator]();
  expect((await told.next()).value).toEqual({ kind: "reset", sequence: 0 });
  changes.record("a");
  expect((await told.next()).value).toMatchObject({ hash: "a" });
});

test("old changes that cannot be removed end nothing, are logged, and are removed with a later change", async () => {
  await using changes = setup(5);
  const { $client } = changes.database;
  $client.run("create trigger no before delete on changes begin select raise(abort, 'disk I/O error'); end");
  const record = async (from: number, to: number) => {
    for (let index = from; index <= to; index++) {
      changes.record(`v${index}`);
      await Promise.resolve();
    }
  };
  await record(1, 250);
  expect(changes.lines.length).toBeGreaterThan(0);
  expect(changes.lines[0]).toEqual({ reason: "disk I/O error" });
  $client.run("drop trigger no");
  await record(251, 251);
  const count = () => ($client.query("select count(*) as n from changes").get() as { n: number }).n;
  expect(count()).toBe(5);
  expect(await take(changes.feed.follow(249, new AbortController().signal), 2)).toEqual(["v250", "v251"]);
});
