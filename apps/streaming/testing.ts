/** A streaming service over a directory of a test's own, and a client that reaches it without a socket. */
import type { MetadataClient } from "@video-backend/metadata/client";
import { createDirectoryStore } from "@video-backend/storage/directory";
import type { World } from "@video-backend/testing";
import { createStreamingClient } from "./client.ts";
import { createStreamingService } from "./service.ts";

/** The store is the world's `storage` directory. */
export function createTestStreaming(world: World, metadata: MetadataClient) {
  const store = createDirectoryStore(world.path("storage"));
  const service = createStreamingService({ store, metadata, log: world.log });
  const client = createStreamingClient({
    baseUrl: "http://streaming.test",
    fetch: (request) => service.fetch(request),
  });
  return { service, client, store };
}
