/** A metadata service on a real SQLite file in a test's own directory, and a client that reaches it without a socket. */
import type { World } from "@video-backend/testing";
import { createChangeFeed } from "./changes/change-feed.ts";
import { createMetadataClient } from "./client.ts";
import { openMetadataDatabase } from "./database/open.ts";
import { createMetadataService } from "./service.ts";

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
  const service = createMetadataService({ database, changes, log: world.log, now });
  const client = createMetadataClient({
    baseUrl: "http://metadata.test",
    retries: 0,
    fetch(request) {
      if (isAway()) throw new Error("connection refused");
      return service.fetch(request);
    },
  });
  return { service, client, database, changes };
}
