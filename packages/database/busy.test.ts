/** Locks that another process really holds. */
import { expect, test } from "bun:test";
import { createWorld, holdDatabase, longestDelay } from "@video-backend/testing";
import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import { checkDatabase, DatabaseBusyError, isDatabaseBusy, retryWhileBusy, untilWritable } from "./busy.ts";
import { openDatabase } from "./open-database.ts";

const numbers = sqliteTable("numbers", { value: integer("value").notNull() });

async function setup() {
  const world = createWorld();
  const migrationsFolder = world.path("migrations");
  const path = world.path("test.db");
  await Bun.write(`${migrationsFolder}/0000_first.sql`, "CREATE TABLE numbers (value integer NOT NULL);");
  const entries = [{ idx: 0, version: "6", when: 1, tag: "0000_first", breakpoints: true }];
  await Bun.write(
    `${migrationsFolder}/meta/_journal.json`,
    JSON.stringify({ version: "7", dialect: "sqlite", entries }),
  );
  const open = (onWait?: (sentence: string) => void) => {
    const database = openDatabase({ path, schema: { numbers }, migrationsFolder, ...(onWait && { onWait }) });
    world.defer(() => database.$client.close());
    return database;
  };
  return { world, path, open, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test.each(["immediate", "exclusive"] as const)(
  "a lock of another program (%s) fails a statement in milliseconds, and is waited for while the event loop turns",
  async (how) => {
    await using place = await setup();
    const database = place.open();
    database.insert(numbers).values({ value: 1 }).run();
    await using held = await holdDatabase(place.path, how);
    const insert = () => database.insert(numbers).values({ value: 2 }).run();
    const before = performance.now();
    expect(isDatabaseBusy(await Promise.try(insert).catch((error) => error))).toBe(true);
    expect(performance.now() - before).toBeLessThan(1000);
    expect(database.select().from(numbers).all()).toEqual([{ value: 1 }]);

    const waiters = Array.from({ length: 500 }, () => retryWhileBusy(database, insert));
    const delay = longestDelay(Promise.all(waiters));
    expect(await untilWritable(database, { seconds: 0.3 }).catch((error) => error)).toBeInstanceOf(DatabaseBusyError);
    await held.release();
    expect(await delay).toBeLessThan(2000);
    expect(database.select().from(numbers).all()).toHaveLength(501);
  },
);

test("patience ends with an error of its own, and an abort with its reason", async () => {
  await using place = await setup();
  const database = place.open();
  await using held = await holdDatabase(place.path);
  void held;
  const waited = await untilWritable(database, { seconds: 0.1 }).catch((error) => error);
  expect(waited).toBeInstanceOf(DatabaseBusyError);
  expect(isDatabaseBusy(waited)).toBe(true);
  const abort = new AbortController();
  const aborted = untilWritable(database, { signal: abort.signal }).catch((error) => error);
  abort.abort(new Error("stopped"));
  expect((await aborted).message).toBe("stopped");
});

test("what fails for another reason is not tried again", async () => {
  await using place = await setup();
  let tries = 0;
  const full = Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" });
  const work = () => {
    tries++;
    throw full;
  };
  expect(await retryWhileBusy(place.open(), work).catch((error) => error)).toBe(full);
  expect([tries, isDatabaseBusy(full)]).toEqual([1, false]);
});

test("a transaction that read what another program has changed since is run again as a whole", async () => {
  await using place = await setup();
  const [database, other] = [place.open(), place.open()];
  let runs = 0;
  await retryWhileBusy(database, () =>
    database.transaction((transaction) => {
      const seen = transaction.select().from(numbers).all().length;
      if (runs++ === 0) other.insert(numbers).values({ value: 7 }).run();
      transaction.insert(numbers).values({ value: seen }).run();
    }),
  );
  expect(runs).toBe(2);
  expect(database.select().from(numbers).all()).toEqual([{ value: 7 }, { value: 1 }]);
});

test("a health check is good while a lock is held for a moment, and leaves nothing behind", async () => {
  await using place = await setup();
  const database = place.open();
  checkDatabase(database);
  {
    await using held = await holdDatabase(place.path);
    void held;
    checkDatabase(database);
    checkDatabase(database);
  }
  await untilWritable(database);
  checkDatabase(database);
  expect(database.$client.inTransaction).toBe(false);
});

test("opening waits for a lock, and says so", async () => {
  await using place = await setup();
  const script = `
    const { openDatabase } = await import(${JSON.stringify(new URL("open-database.ts", import.meta.url).pathname)});
    openDatabase({ path: ${JSON.stringify(place.path)}, schema: {}, migrationsFolder: ${JSON.stringify(place.world.path("migrations"))} });
    console.log("opened");`;
  const held = await holdDatabase(place.path, "locking_mode");
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
  const { value } = await child.stderr.getReader().read();
  expect(new TextDecoder().decode(value)).toBe(`Waiting for the database ${place.path}: another program holds it\n`);
  await held.release();
  expect([await new Response(child.stdout).text(), await child.exited]).toEqual(["opened\n", 0]);
});
