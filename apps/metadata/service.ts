/** The metadata service: the videos, their state, and a feed of changes. It calls no other service. */
import { createService, type ServiceApp, ServiceError } from "@video-backend/service";
import { bodyLimit } from "hono/body-limit";
import { maxCaptionsBytes } from "./captions/normalise-captions.ts";
import type { MetadataDeps } from "./deps.ts";
import { createRoutes } from "./routes.ts";

/** Captions are the largest request bodies. */
const limitBody = bodyLimit({
  maxSize: maxCaptionsBytes,
  onError: () => {
    const details = { maxSize: maxCaptionsBytes };
    throw new ServiceError("too_large", `At most ${maxCaptionsBytes} bytes are accepted`, { details });
  },
});

/** A portable `fetch` over these dependencies. */
export function createMetadataService(deps: MetadataDeps): ServiceApp {
  return createService(
    {
      name: "metadata_service",
      title: "Metadata service",
      description: "The videos, their state, and a feed of changes.",
      log: deps.log,
      metrics: deps.metrics,
      crossOrigin: deps.crossOrigin,
      keys: deps.keys,
      limits: deps.rateLimits,
      middleware: [limitBody],
      database: deps.database,
      checks: {},
    },
    createRoutes(deps),
  );
}
