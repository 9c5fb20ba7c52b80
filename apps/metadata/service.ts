/** The metadata service: the videos, their state, and a feed of changes. It asks nobody. */
import { checkDatabase } from "@video-backend/database";
import { createService, type Log, type ServiceApp, ServiceError } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { bodyLimit } from "hono/body-limit";
import { mostCaptionsBytes } from "./captions/normalise-captions.ts";
import type { ChangeFeed } from "./changes/change-feed.ts";
import type { MetadataDatabase } from "./database/open.ts";
import type { PlaybackTerms } from "./playback/create-playback-token.ts";
import { createRoutes } from "./routes.ts";
import type { TakeTurn } from "./visibility/turns.ts";

export interface MetadataDeps {
  database: MetadataDatabase;
  changes: ChangeFeed;
  /** Where the marks of private videos are; of the rest it is only asked what exists. */
  store: BlobStore;
  /** For whatever changes a visibility. */
  takeTurn: TakeTurn;
  playback: PlaybackTerms;
  log: Log;
  /** Epoch seconds with a fraction. */
  now: () => number;
}

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
      middleware: [bodiesOfCaptionsAtMost],
      checks: { database: () => checkDatabase(deps.database) },
    },
    createRoutes(deps),
  );
}
