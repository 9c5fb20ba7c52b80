/** What the verbs of the metadata service are given. The lowest layer of the app: it imports no verb and no route. */
import type { PlaybackKey } from "@video-backend/access";
import type { CrossOriginRules, Log } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { ChangeFeed } from "./changes/change-feed.ts";
import type { MetadataDatabase } from "./database/open.ts";
import type { TakeTurn } from "./visibility/turns.ts";

export interface MetadataDeps {
  database: MetadataDatabase;
  changes: ChangeFeed;
  /** Where the marks of private videos are; of the rest it is only asked what exists. */
  store: BlobStore;
  /** For whatever changes a visibility. */
  takeTurn: TakeTurn;
  playback: PlaybackTerms;
  /** Without it as `ServiceOptions` says. */
  crossOrigin?: CrossOriginRules;
  log: Log;
  /** Epoch seconds with a fraction. */
  now: () => number;
}

/** What an operator decides about tokens. */
export interface PlaybackTerms {
  /** The first signs. */
  keys: readonly PlaybackKey[];
  /** The longest that may be asked for. */
  mostSeconds: number;
  /** Expiries are whole multiples of this; 1 for none but whole seconds. */
  windowSeconds: number;
}
