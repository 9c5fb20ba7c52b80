/** The SQLite adapters against the suites of their stores. */
import { createWorld } from "@video-backend/testing";
import { captionsSuite } from "../captions/captions.suite.ts";
import { changesSuite } from "../changes/changes.suite.ts";
import { keysSuite } from "../keys/keys.suite.ts";
import { type OpenStores, videosSuite } from "../videos/videos.suite.ts";
import { webhooksSuite } from "../webhooks/webhooks.suite.ts";
import { createSqliteStores, openMetadataDatabase } from "./sqlite-stores.ts";

function open(): OpenStores {
  const world = createWorld();
  const database = openMetadataDatabase(world.path("videos.db"));
  world.defer(() => database.$client.close());
  const { clock } = world;
  const stores = createSqliteStores(database, { now: clock.now });
  return { ...stores, clock, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

for (const suite of [videosSuite, captionsSuite, changesSuite, keysSuite, webhooksSuite]) suite("SQLite", open);
