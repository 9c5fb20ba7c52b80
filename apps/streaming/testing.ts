/** A streaming service over a directory of a test's own, and a client that reaches it without a socket. */
import type { Bundle } from "@video-backend/bundle";
import type { MetadataClient } from "@video-backend/metadata/client";
import { testPlaybackKeys } from "@video-backend/metadata/testing";
import { ServiceError } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { createDirectoryStore } from "@video-backend/storage/directory";
import type { World } from "@video-backend/testing";
import type { AccessDeps } from "./access/check-access.ts";
import { createPrivateVideos } from "./access/private-videos.ts";
import { createStreamingClient } from "./client.ts";
import type { Demands } from "./demands/demands.ts";
import { createStreamingService, type StreamingDeps } from "./service.ts";

/** Where nobody makes anything: every demand is refused, as for a video that transcoding does not know. */
export const noDemands: Demands = { wait: () => Promise.reject(new ServiceError("not_found", "Segment not found")) };

/** Private as metadata's test setup marks it, and by tokens that it signs. */
export const testAccess = ({ clock }: World, store: BlobStore): AccessDeps => ({
  privateVideos: createPrivateVideos(store, clock.now),
  playbackKeys: testPlaybackKeys,
  privateCaching: "viewer",
  now: clock.now,
});
/** Without the page's script and style, which only a browser has a use for. */
export const noPages = {
  bundle: async (): Promise<Bundle> => ({ files: new Map(), nameOf: (entry) => entry }),
  publicUrl: null,
};

/** The store is the world's `storage` directory unless another is given. */
export function createTestStreaming(
  world: World,
  metadata: MetadataClient,
  demands: Demands = noDemands,
  directory = world.path("storage"),
) {
  const store = createDirectoryStore(directory);
  const deps: StreamingDeps = {
    ...testAccess(world, store),
    ...noPages,
    store,
    metadata,
    demands,
    log: world.log,
  };
  const service = createStreamingService(deps);
  const client = createStreamingClient({
    baseUrl: "http://streaming.test",
    fetch: (request) => service.fetch(request),
  });
  return { service, client, store, deps };
}
