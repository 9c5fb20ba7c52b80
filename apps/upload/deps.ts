/** What verbs are given: the lowest layer of this service. Types only; it imports no verb and no route. */
import type { MetadataClient } from "@video-backend/metadata/client";
import type { RequestRules } from "@video-backend/remote";
import type {
  Callees,
  CrossOriginRules,
  Exclusion,
  Keys,
  Log,
  Metrics,
  Proxies,
  RateLimits,
  ServiceOptions,
} from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { copyRange } from "@video-backend/storage/copy-range";
import type { TranscodingClient } from "@video-backend/transcoding/client";
import type { Limits } from "./admission/admit.ts";
import type { Disk, Room } from "./admission/room.ts";
import type { Chunks } from "./chunks/store.ts";
import type { SourceDirectory } from "./sources/source-directory.ts";
import type { Tokens } from "./tokens/store.ts";
import type { Uploads } from "./uploads/store.ts";

/** How sources are fetched from URLs; set by the operator, `config.ts` has the defaults. */
export interface RemoteSources extends RequestRules {
  /** Concurrent fetches; the others wait. */
  atOnce: number;
  /** A fetch is given up after so many consecutive tries without progress. */
  maxTries: number;
}

/** What a service is created with. */
export interface UploadParts {
  uploads: Uploads;
  chunks: Chunks;
  tokens: Tokens;
  /** What `/health` checks, and what requests wait for while another program holds it. */
  database: NonNullable<ServiceOptions["database"]>;
  /** Holds the originals. */
  store: BlobStore;
  /** Holds the sources while they are received, on the same file system as the originals. */
  sources: SourceDirectory;
  copyRange: typeof copyRange;
  limits: Limits;
  /** Null if fetching from URLs is switched off. */
  remote: RemoteSources | null;
  disk: Disk;
  proxies: Proxies;
  metadata: MetadataClient;
  transcoding: TranscodingClient;
  /** The default of `ServiceOptions` without it. */
  crossOrigin?: CrossOriginRules;
  /** Who is let in; without it everybody is. */
  keys?: Keys | undefined;
  /** How often one caller may ask; without it as often as it likes. */
  rateLimits?: RateLimits | undefined;
  log: Log;
  /** Told at `/metrics`. */
  metrics?: Metrics;
  /** The others that it calls; told at `/health/ready`. */
  callees?: Pick<Callees, "states">;
  /** Epoch seconds with a fraction. */
  now: () => number;
  /** A new, unique id. */
  newId: () => string;
}

/** A verb takes the few it uses: `Pick<UploadDeps, "uploads" | "now">`. */
export interface UploadDeps extends UploadParts {
  room: Room;
  /** Registry of active operations per upload, by its id: a delete cancels them all. */
  active: Exclusion;
  /** One holder at a time: who writes to a source, sends a chunk, completes an upload. */
  locks: Exclusion;
}
