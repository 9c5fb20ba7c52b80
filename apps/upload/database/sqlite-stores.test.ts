/** The SQLite adapters against the suites of their stores. */
import { createWorld } from "@video-backend/testing";
import { chunksSuite } from "../chunks/chunks.suite.ts";
import { tokensSuite } from "../tokens/tokens.suite.ts";
import { type OpenStores, uploadsSuite } from "../uploads/uploads.suite.ts";
import { createSqliteStores, openUploadDatabase } from "./sqlite-stores.ts";

function open(): OpenStores {
  const world = createWorld();
  const database = openUploadDatabase(world.path("uploads.db"), false);
  world.defer(() => database.$client.close());
  const { clock } = world;
  const stores = createSqliteStores(database, { now: clock.now });
  return { ...stores, clock, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

for (const suite of [uploadsSuite, chunksSuite, tokensSuite]) suite("SQLite", open);
