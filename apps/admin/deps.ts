/** What the verbs of the admin service are given. The lowest layer of the app: it imports no verb and no route. */
import type { Bundle } from "@video-backend/bundle";
import type { Callees, CrossOriginRules, Keys, Log, Metrics, Proxies, RateLimits } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { OtherServices } from "./services/connect-services.ts";

export interface AdminDeps {
  /** Where the thumbnails are; of the rest it is only asked what exists. */
  store: BlobStore;
  services: OtherServices;
  /** Without it a login lasts twelve hours, and no proxy is trusted. */
  sessions?: SessionTerms;
  /** The pages people see; without it there are none. */
  studio?: StudioDeps;
  /** Without it as `ServiceOptions` says. */
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
}

/** What an operator sets for those who log in. */
export interface SessionTerms {
  /** How long one lasts at most. */
  seconds: number;
  /** Those who may say that a client came by https. */
  proxies: Proxies;
}

/** What the studio needs. */
export interface StudioDeps {
  bundle: () => Promise<Bundle>;
  /** Where browsers reach streaming, where that does not follow from the page's own address. */
  publicStreamingUrl: string | undefined;
}
