/** A metadata service on a real SQLite file in a test's own directory, and a client that reaches it without a socket. */
import { playbackKey } from "@video-backend/access";
import { createExclusion } from "@video-backend/service";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { databaseFiles } from "@video-backend/storage/layout";
import type { World } from "@video-backend/testing";
import { createMetadataClient } from "./client.ts";
import { MetadataConfig, sendingOf } from "./config.ts";
import { createSqliteStores, openMetadataDatabase } from "./database/sqlite-stores.ts";
import type { PlaybackTerms } from "./deps.ts";
import { createOwnVerifier } from "./keys/keys.ts";
import { createMetadataService } from "./service.ts";

/** The key that signs all tokens in tests. */
export const testPlaybackKeys = [playbackKey("test", "a secret that is known to all tests")];

/**
 * Closed with the world.
 *
 * @param isAway while this is true the client cannot connect, as when the service is down
 */
export function createTestMetadata(world: World, isAway: () => boolean = () => false) {
  const database = openMetadataDatabase(world.path(databaseFiles.metadata));
  world.defer(() => database.$client.close());
  const now = world.clock.now;
  const stores = createSqliteStores(database, { now });
  const playback: PlaybackTerms = { keys: testPlaybackKeys, maxSeconds: 86_400, windowSeconds: 1 };
  const sending = sendingOf(MetadataConfig.parse({ REMOTE_ALLOW: "127.0.0.1" }));
  const store = createDirectoryStore(world.path("storage"));
  const deps = { ...stores, database, store, exclusion: createExclusion(), playback, sending, log: world.log, now };
  const service = createMetadataService(deps);
  const client = createMetadataClient({
    baseUrl: "http://metadata.test",
    retries: 0,
    fetch(request) {
      if (isAway()) throw new Error("connection refused");
      return service.fetch(request);
    },
  });
  return { service, client, database, deps, verifier: createOwnVerifier(deps) };
}
