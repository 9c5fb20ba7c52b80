/** What the verbs of the metadata service are given. The lowest layer of the app: it imports no verb and no route. */
import type { PlaybackKey } from "@video-backend/access";
import type { AddressRules } from "@video-backend/remote";
import type {
  CrossOriginRules,
  Exclusion,
  Keys,
  Log,
  Metrics,
  RateLimits,
  ServiceOptions,
} from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { CaptionsStore } from "./captions/store.ts";
import type { Changes } from "./changes/store.ts";
import type { ApiKeys, Sessions } from "./keys/store.ts";
import type { Videos } from "./videos/store.ts";
import type { Webhooks } from "./webhooks/store.ts";

/** A verb takes the few it uses: `Pick<MetadataDeps, "videos" | "log">`. */
export interface MetadataDeps {
  videos: Videos;
  captions: CaptionsStore;
  changes: Changes;
  apiKeys: ApiKeys;
  sessions: Sessions;
  webhooks: Webhooks;
  /** What `/health` checks, and what requests wait for while another program holds it. */
  database: NonNullable<ServiceOptions["database"]>;
  /** Holds the marks of private videos; of other files only their existence is asked. */
  store: BlobStore;
  /** By hash: whoever changes a visibility holds the video, so that its record and its mark agree. */
  exclusion: Exclusion;
  playback: PlaybackTerms;
  sending: Sending;
  /** The default of `ServiceOptions` without it. */
  crossOrigin?: CrossOriginRules;
  /** Who is let in; without it everybody is. */
  keys?: Keys | undefined;
  /** How often one caller may ask; without it as often as it likes. */
  rateLimits?: RateLimits | undefined;
  log: Log;
  /** Told at `/metrics`. */
  metrics?: Metrics;
  /** Epoch seconds with a fraction. */
  now: () => number;
}

/** What an operator sets for playback tokens. */
export interface PlaybackTerms {
  /** The first signs. */
  keys: readonly PlaybackKey[];
  /** The longest validity that may be asked for. */
  maxSeconds: number;
  /** Expiries are whole multiples of this; 1 for whole seconds. */
  windowSeconds: number;
}

/** How events are sent to webhooks. */
export interface Sending {
  rules: AddressRules;
  /** Of one try. */
  timeoutSeconds: number;
  /** Before the second try; twice as long before each further one. */
  retrySeconds: number;
  /** Connections to one webhook at the same time. */
  atOnce: number;
  /** How long deliveries are kept that are delivered or given up. */
  keepSeconds: number;
}
