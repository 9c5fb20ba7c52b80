import { expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "@video-backend/database";
import { createWorld, type World } from "@video-backend/testing";
import * as schema from "./schema.ts";
import { createSqliteStores, openMetadataDatabase } from "./sqlite-stores.ts";

/** The database at `path` as it was after so many migrations. */
async function openBefore(world: World, path: string, migrations: number) {
  const migrationsFolder = world.path("migrations");
  cpSync(join(import.meta.dirname, "migrations"), migrationsFolder, { recursive: true });
  const journal = Bun.file(join(migrationsFolder, "meta", "_journal.json"));
  const { entries, ...rest } = await journal.json();
  await journal.write(JSON.stringify({ ...rest, entries: entries.slice(0, migrations) }));
  return openDatabase({ path, schema, migrationsFolder });
}

test("a library with captions keeps all of them when videos get a visibility", async () => {
  await using world = createWorld();
  const path = world.path("videos.db");
  const before = await openBefore(world, path, 2);
  before.$client.run("insert into videos (hash, filename, created_at, updated_at) values ('a', 'a.mp4', 1, 1)");
  before.$client.run("insert into captions values ('a', 'en', null, 'WEBVTT', 6, 1)");
  before.$client.close();

  const database = openMetadataDatabase(path);
  world.defer(() => database.$client.close());
  expect(database.select().from(schema.videos).all()).toMatchObject([
    { hash: "a", visibility: "public", sha256: null },
  ]);
  expect(database.select().from(schema.captions).all()).toMatchObject([{ hash: "a", lang: "en" }]);
  expect(() => database.$client.run("update videos set visibility = 'secret'")).toThrow("CHECK");
  expect(() => database.$client.run("update videos set sha256 = 'AB'")).toThrow("CHECK");
});

test("a library of an earlier version has no keys, and takes them", async () => {
  await using world = createWorld();
  const path = world.path("videos.db");
  const before = await openBefore(world, path, 4);
  before.$client.run("insert into videos (hash, filename, created_at, updated_at) values ('a', 'a.mp4', 1, 1)");
  before.$client.close();

  const database = openMetadataDatabase(path);
  world.defer(() => database.$client.close());
  const { apiKeys, videos } = createSqliteStores(database, { now: world.clock.now });
  expect([await apiKeys.isEmpty(), (await videos.find("a"))?.hash]).toEqual([true, "a"]);
  await apiKeys.create({ id: "1", sha256: "11", name: "one", scopes: ["read"], expiresAt: null });
  expect(await apiKeys.find("1")).toMatchObject({ scopes: ["read"], revokedAt: null });
});

test("keys of an earlier version take sessions", async () => {
  await using world = createWorld();
  const path = world.path("videos.db");
  const before = await openBefore(world, path, 5);
  before.$client.run(
    "insert into api_keys (id, sha256, name, scopes, created_at) values ('1', '11', 'one', 'read', 1)",
  );
  before.$client.close();

  const database = openMetadataDatabase(path);
  world.defer(() => database.$client.close());
  const { apiKeys, sessions } = createSqliteStores(database, { now: world.clock.now });
  await sessions.create({ id: "2", sha256: "22", keyId: "1", expiresAt: 9 });
  expect([(await apiKeys.find("1"))?.name, (await sessions.find("2"))?.keyId]).toEqual(["one", "1"]);
});

test("what the feed of an earlier version says of deletions is remembered, unless the video is there again", async () => {
  await using world = createWorld();
  const path = world.path("videos.db");
  const before = await openBefore(world, path, 3);
  before.$client.run("insert into videos (hash, filename, created_at, updated_at) values ('again', 'a.mp4', 1, 1)");
  for (const [kind, hash] of [
    ["video.created", "there"],
    ["video.deleted", "gone"],
    ["video.deleted", "again"],
  ])
    before.$client.run("insert into changes (kind, hash, changed_at) values (?, ?, 7)", [kind ?? "", hash ?? ""]);
  before.$client.close();

  const database = openMetadataDatabase(path);
  world.defer(() => database.$client.close());
  expect(database.select().from(schema.deletions).all()).toEqual([{ hash: "gone", deletedAt: 7 }]);
});

test("what was complete in an earlier version plays, and nothing else is known to", async () => {
  await using world = createWorld();
  const path = world.path("videos.db");
  const before = await openBefore(world, path, 6);
  const insert =
    "insert into videos (hash, filename, transcoding_status, created_at, updated_at) values (?, 'a.mp4', ?, 1, 2)";
  for (const status of ["completed", "transcoding"]) before.$client.run(insert, [status, status]);
  before.$client.close();

  const database = openMetadataDatabase(path);
  world.defer(() => database.$client.close());
  const { videos, webhooks } = createSqliteStores(database, { now: world.clock.now });
  expect([(await videos.find("completed"))?.playableAt, (await videos.find("transcoding"))?.playableAt]).toEqual([
    2,
    null,
  ]);
  expect(await webhooks.list()).toEqual([]);
});
