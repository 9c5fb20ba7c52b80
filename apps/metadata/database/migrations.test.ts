import { expect, test } from "bun:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "@video-backend/database";
import { createWorld } from "@video-backend/testing";
import { openMetadataDatabase } from "./open.ts";
import * as schema from "./schema.ts";

test("a library with captions keeps all of them when videos get a visibility", async () => {
  await using world = createWorld();
  const path = world.path("videos.db");
  const migrationsFolder = world.path("migrations");
  cpSync(join(import.meta.dirname, "migrations"), migrationsFolder, { recursive: true });
  const journal = Bun.file(join(migrationsFolder, "meta", "_journal.json"));
  const { entries, ...rest } = await journal.json();
  await journal.write(JSON.stringify({ ...rest, entries: entries.slice(0, 2) }));
  const before = openDatabase({ path, schema, migrationsFolder });
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
