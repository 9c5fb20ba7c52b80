/** What the verbs of the streaming service are given. The lowest layer of the app: it imports no verb and no route. */
import type { PlaybackKey } from "@video-backend/access";
import type { Bundle } from "@video-backend/bundle";
import type { MetadataClient } from "@video-backend/metadata/client";
import type { Callees, CrossOriginRules, Keys, Log, Metrics, Proxies, RateLimits } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { LRUCache } from "lru-cache";
import type { PrivateCaching } from "./access/cache-control.ts";
import type { PrivateVideos } from "./access/private-videos.ts";
import type { ServedCounts } from "./assets/count-served.ts";
import type { Assets } from "./assets/find-asset.ts";
import type { Demands } from "./demands/demands.ts";

/** What decides who may read a video. */
export interface AccessDeps {
  privateVideos: PrivateVideos;
  playbackKeys: readonly PlaybackKey[];
  privateCaching: PrivateCaching;
  /** Epoch seconds. */
  now: () => number;
}

/** What the service is created with. */
export interface StreamingOptions extends AccessDeps {
  store: BlobStore;
  /** Knows the name of a video's original; without it everything but the original still plays. */
  metadata: MetadataClient;
  /** Makes what is listed and not there yet; without it everything that exists still plays. */
  demands: Demands;
  /** The script and the style of the watch page. */
  bundle: () => Promise<Bundle>;
  /** Where this service is for the world, without a slash at the end; null for wherever a request finds it. */
  publicUrl: string | null;
  /** Who tells by X-Forwarded-Proto and -Host where a request found it; nobody by default. */
  proxies?: Proxies;
  log: Log;
  /** Told at `/metrics`. */
  metrics?: Metrics;
  /** The others that it calls; told at `/health/ready`. */
  callees?: Pick<Callees, "states">;
  /** Which hosts are answered, and which pages may read; by default any host, and all pages. */
  crossOrigin?: CrossOriginRules;
  /** Who is let in; without it everybody is. */
  keys?: Keys | undefined;
  /** How often one caller may ask; without it as often as it likes. */
  rateLimits?: RateLimits | undefined;
  /** `key`: the original is for keys with the scope `read` alone; by default whoever may play a video may have it. */
  originals?: "public" | "key";
  /** How much of the files that are asked for most is held in memory; 64 MiB by default. */
  memoryBytes?: number;
  /** Whether each file that is served gets a line in the log; not by default. */
  logFiles?: boolean;
  random?: () => number;
}

/** File names of originals by video id, so that metadata is asked once. */
export type RememberedNames = LRUCache<string, string>;

/** What the routes are given. */
export interface StreamingDeps
  extends AccessDeps,
    Pick<
      StreamingOptions,
      "store" | "metadata" | "demands" | "bundle" | "publicUrl" | "proxies" | "originals" | "log"
    > {
  assets: Assets;
  counts: ServedCounts;
  originalNames: RememberedNames;
}
