/** What verbs are given: the lowest layer of this service. Types only; it imports no verb and no route. */
import type { MetadataClient } from "@video-backend/metadata/client";
import type { CrossOriginRules, Log } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { TranscodingClient } from "@video-backend/transcoding/client";
import type { Proxies } from "./admission/client-of.ts";
import type { Disk } from "./admission/disk.ts";
import type { Limits } from "./admission/limits.ts";
import type { Receptions } from "./chunks/receptions.ts";
import type { UploadDatabase } from "./database/open.ts";
import type { RemoteSources } from "./remote/remote-sources.ts";
import type { Appenders } from "./sources/appenders.ts";
import type { SourceDirectory } from "./sources/source-directory.ts";
import type { WorkRegister } from "./uploads/work-register.ts";

/** A verb takes the few it uses: `Pick<UploadDeps, "database" | "now">`. */
export interface UploadDeps {
  database: UploadDatabase;
  /** Where originals go. */
  store: BlobStore;
  /** Where sources lie while they come in, on the same file system. */
  sources: SourceDirectory;
  receptions: Receptions;
  appenders: Appenders;
  work: WorkRegister;
  limits: Limits;
  /** Null where nothing is fetched from addresses. */
  remote: RemoteSources | null;
  disk: Disk;
  proxies: Proxies;
  metadata: MetadataClient;
  transcoding: TranscodingClient;
  /** Without it as `ServiceOptions` says. */
  crossOrigin?: CrossOriginRules;
  log: Log;
  /** Epoch seconds with a fraction. */
  now: () => number;
  /** An id nobody has. */
  newId: () => string;
}
