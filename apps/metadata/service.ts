/** The metadata service: the videos, their state, and a feed of changes. It asks nobody. */
import { checkDatabase } from "@video-backend/database";
import { createService, type Log, type ServiceApp } from "@video-backend/service";
import type { ChangeFeed } from "./changes/change-feed.ts";
import type { MetadataDatabase } from "./database/open.ts";
import { createRoutes } from "./routes.ts";

export interface MetadataDeps {
  database: MetadataDatabase;
  changes: ChangeFeed;
  log: Log;
  /** Epoch seconds with a fraction. */
  now: () => number;
}

/** A portable `fetch` over these dependencies. */
export function createMetadataService(deps: MetadataDeps): ServiceApp {
  return createService(
    {
      name: "metadata_service",
      title: "Metadata service",
      description: "The videos, their state, and a feed of changes.",
      log: deps.log,
      checks: { database: () => checkDatabase(deps.database) },
    },
    createRoutes(deps),
  );
}
