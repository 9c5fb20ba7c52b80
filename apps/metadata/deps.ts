/** What the verbs of the metadata service are given. The lowest layer of the app: it imports no verb and no route. */
import type { PlaybackKey } from "@video-backend/access";
import type { CrossOriginRules, Exclusion, Keys, Log, ServiceOptions } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { CaptionsStore } from "./captions/store.ts";
import type { Changes } from "./changes/store.ts";
import type { ApiKeys, Sessions } from "./keys/store.ts";
import type { Videos } from "./videos/store.ts";

/** A verb takes the few it uses: `Pick<MetadataDeps, "videos" | "log">`. */
export interface MetadataDeps {
  videos: Videos;
  captions: CaptionsStore;
  changes: Changes;
  apiKeys: ApiKeys;
  sessions: Sessions;
  /** What `/health` checks, and what requests wait for while another program holds it. */
  database: NonNullable<ServiceOptions["database"]>;
  /** Holds the marks of private videos; of other files only their existence is asked. */
  store: BlobStore;
  /** By hash: whoever changes a visibility holds the video, so that its record and its mark agree. */
  exclusion: Exclusion;
  playback: PlaybackTerms;
  /** The default of `ServiceOptions` without it. */
  crossOrigin?: CrossOriginRules;
  /** Who is let in; without it everybody is. */
  keys?: Keys | undefined;
  log: Log;
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
