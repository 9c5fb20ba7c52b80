import { expect, test } from "bun:test";
import { createWorld } from "@video-backend/testing";
import { openMetadataDatabase } from "../database/open.ts";
import { type Change, createChangeFeed } from "./change-feed.ts";

function setup(kept?: number) {
  const world = createWorld();
  const database = openMetadataDatabase(world.path("videos.db"));
  world.defer(() => database.$client.close());
  const feed = createChangeFeed(database, world.clock.now, kept);
  const record = (hash: string) =>
    database.transaction((transaction) => feed.record(transaction, "video.created", hash));
  return { record, feed, database, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

/** The next `count` things the feed tells. */
async function take(feed: AsyncIterable<Change | "reset">, count: number): Promise<string[]> {
  const told: string[] = [];
  for await (const change of feed) {
    told.push(change === "reset" ? change : change.hash);
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
