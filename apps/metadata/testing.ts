/** A metadata service on a real SQLite file in a test's own directory, and a client that reaches it without a socket. */
import { playbackKey } from "@video-backend/access";
import { createDirectoryStore } from "@video-backend/storage/directory";
import type { World } from "@video-backend/testing";
import { createChangeFeed } from "./changes/change-feed.ts";
import { createMetadataClient } from "./client.ts";
import { openMetadataDatabase } from "./database/open.ts";
import type { PlaybackTerms } from "./deps.ts";
import { createMetadataService } from "./service.ts";
import { createTurns } from "./visibility/turns.ts";

/** The key of all tokens in tests. */
export const testPlaybackKeys = [playbackKey("test", "a secret that is known to all tests")];

/**
 * Closed with the world.
 *
 * @param isAway while this is true the client finds nobody, as when the service is down
 */
export function createTestMetadata(world: World, isAway: () => boolean = () => false) {
  const database = openMetadataDatabase(world.path("videos.db"));
  world.defer(() => database.$client.close());
  const now = world.clock.now;
  const changes = createChangeFeed(database, now);
  const playback: PlaybackTerms = { keys: testPlaybackKeys, mostSeconds: 86_400, windowSeconds: 1 };
  const store = createDirectoryStore(world.path("storage"));
  const deps = { database, changes, store, takeTurn: createTurns(), playback, log: world.log, now };
  const service = createMetadataService(deps);
  const client = createMetadataClient({
    baseUrl: "http://metadata.test",
    retries: 0,
    fetch(request) {
      if (isAway()) throw new Error("connection refused");
      return service.fetch(request);
    },
  });
  return { service, client, database, changes, deps };
}
