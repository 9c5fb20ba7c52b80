/** The streaming service: playlists, segments and originals, to any page that asks. It writes nothing. */
import type { Bundle } from "@video-backend/bundle";
import type { MetadataClient } from "@video-backend/metadata/client";
import { createService, type Log, type ServiceApp } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { cors } from "hono/cors";
import type { AccessDeps } from "./access/check-access.ts";
import { streamPathOf } from "./access/guard-videos.ts";
import type { Demands } from "./demands/demands.ts";
import { createRoutes } from "./routes.ts";

export interface StreamingDeps extends AccessDeps {
  store: BlobStore;
  /** Knows the name of a video's original; without it everything but the original still plays. */
  metadata: MetadataClient;
  /** Makes what is listed and not there yet; without it everything that exists still plays. */
  demands: Demands;
  /** The script and the style of the watch page. */
  bundle: () => Promise<Bundle>;
  /** Where this service is for the world, without a slash at the end; null for wherever a request finds it. */
  publicUrl: string | null;
  log: Log;
}

/** Players run on pages of any origin, and read lengths and ranges. */
const openForReading = {
  origin: "*",
  allowMethods: ["GET", "HEAD", "OPTIONS"],
  allowHeaders: ["Range", "If-Range", "X-Request-Id"],
  exposeHeaders: ["Content-Length", "Content-Range", "Accept-Ranges", "ETag", "X-Request-Id"],
  maxAge: 86_400,
};

/** A portable `fetch` over these dependencies. */
export function createStreamingService(deps: StreamingDeps): ServiceApp {
  return createService(
    {
      name: "streaming_service",
      title: "Streaming service",
      description: "Playlists, segments and originals. Every GET here may be a HEAD, and every file takes a Range.",
      log: deps.log,
      checks: { storage: () => deps.store.check("reads") },
      middleware: [cors(openForReading)],
      routedPath: streamPathOf,
    },
    createRoutes(deps),
  );
}
