import { expect, test } from "bun:test";
import { ServiceError } from "@video-backend/service";
import { createWorld, holdDatabase, longestDelay } from "@video-backend/testing";
import { createGroupCommit, type Transaction } from "./group-commit.ts";
import { uploads } from "./schema.ts";
import { openUploadDatabase } from "./sqlite-stores.ts";

function setup({ patienceSeconds }: { patienceSeconds?: number } = {}) {
  const world = createWorld();
  const database = openUploadDatabase(world.path("uploads.db"));
  world.defer(() => database.$client.close());
  let transactions = 0;
  const counting = {
    $client: database.$client,
    transaction: ((...parts: Parameters<typeof database.transaction>) => {
      transactions++;
      return database.transaction(...parts);
    }) as typeof database.transaction,
  };
  return {
    commit: createGroupCommit(counting, patienceSeconds),
    hold: () => holdDatabase(world.path("uploads.db")),
    transactions: () => transactions,
    add: (id: string) => (transaction: Transaction) => {
      const row = { id, filename: "film.mp4", totalChunks: 1, createdAt: 1, updatedAt: 1 };
      transaction.insert(uploads).values(row).run();
      return id;
    },
    ids: () =>
      database
        .select({ id: uploads.id })
        .from(uploads)
        .all()
        .map(({ id }) => id),
    synchronous: () => database.$client.query("PRAGMA synchronous").get(),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test("concurrent writes share a transaction, and each caller gets the result of its own work", async () => {
  await using database = setup();
  const { commit, add, ids, transactions } = database;
  expect(await Promise.all(["a", "b", "c"].map((id) => commit(add(id))))).toEqual(["a", "b", "c"]);
  expect([ids(), transactions()]).toEqual([["a", "b", "c"], 1]);
  await commit(add("d"));
  expect(transactions()).toBe(2);
});

test("work that is refused is rolled back alone", async () => {
  await using database = setup();
  const { commit, add, ids } = database;
  const refused = commit((transaction) => {
    add("refused")(transaction);
    throw new ServiceError("conflict", "no");
  });
  const outcomes = await Promise.allSettled([commit(add("a")), refused, commit(add("b"))]);
  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(ids()).toEqual(["a", "b"]);
});

test("any other error fails the whole group: nothing is acknowledged that was not committed", async () => {
  await using database = setup();
  const { commit, add, ids } = database;
  const outcomes = await Promise.allSettled([commit(add("a")), commit(add("a")), commit(add("b"))]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(ids()).toEqual([]);
  expect(await commit(add("c"))).toBe("c");
});

test("a commit is on the disk when it is acknowledged: synchronous is FULL (2)", async () => {
  await using database = setup();
  expect(database.synchronous()).toEqual({ synchronous: 2 });
});

test("while another program holds the database all writes wait, and the event loop is not blocked", async () => {
  await using database = setup();
  const { commit, add, ids } = database;
  const held = await database.hold();
  const delay = longestDelay(held.released);
  const first = commit(add("a"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  const second = commit(add("b"));
  expect(ids()).toEqual([]);
  await held.release();
  expect(await Promise.all([first, second])).toEqual(["a", "b"]);
  expect(await delay).toBeLessThan(2000);
});

test("waiting ends with an error, nothing is written, and the next write may succeed", async () => {
  await using database = setup({ patienceSeconds: 0.2 });
  const { commit, add, ids } = database;
  const held = await database.hold();
  const outcomes = await Promise.allSettled([commit(add("a")), commit(add("b"))]);
  expect(outcomes).toMatchObject([{ reason: { code: "SQLITE_BUSY" } }, { reason: { code: "SQLITE_BUSY" } }]);
  await held.release();
  expect(ids()).toEqual([]);
  expect(await commit(add("a"))).toBe("a");
});
