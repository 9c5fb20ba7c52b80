/** The metadata service: the videos, their state, and a feed of changes. It asks nobody. */
import { createService, type ServiceApp, ServiceError } from "@video-backend/service";
import { bodyLimit } from "hono/body-limit";
import { mostCaptionsBytes } from "./captions/normalise-captions.ts";
import type { MetadataDeps } from "./deps.ts";
import { createRoutes } from "./routes.ts";

/** Captions are the largest thing that is sent here. */
const bodiesOfCaptionsAtMost = bodyLimit({
  maxSize: mostCaptionsBytes,
  onError: () => {
    const details = { maxSize: mostCaptionsBytes };
    throw new ServiceError("too_large", `At most ${mostCaptionsBytes} bytes are accepted`, { details });
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
      crossOrigin: deps.crossOrigin,
      middleware: [bodiesOfCaptionsAtMost],
      database: deps.database,
      checks: {},
    },
    createRoutes(deps),
  );
}
