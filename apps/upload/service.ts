/**
 * The upload service: takes files in chunks, keeps the originals, and hands each finished one over to metadata and
 * transcoding. It works without either; what they miss they are told when they are back.
 */
import { checkDatabase } from "@video-backend/database";
import type { MetadataClient } from "@video-backend/metadata/client";
import { createService, type Log, type ServiceApp } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { TranscodingClient } from "@video-backend/transcoding/client";
import type { Proxies } from "./admission/client-of.ts";
import type { Disk } from "./admission/disk.ts";
import type { Limits } from "./admission/limits.ts";
import type { Receptions } from "./chunks/receptions.ts";
import type { UploadDatabase } from "./database/open.ts";
import type { RemoteSources } from "./remote/remote-sources.ts";
import { createRoutes } from "./routes.ts";
import type { Appenders } from "./sources/appenders.ts";
import type { SourceDirectory } from "./sources/source-directory.ts";
import type { WorkRegister } from "./uploads/work-register.ts";

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
  log: Log;
  /** Epoch seconds with a fraction. */
  now: () => number;
  /** An id nobody has. */
  newId: () => string;
}

/** A portable `fetch` over these dependencies. The background loops are the caller's to run. */
export function createUploadService(deps: UploadDeps): ServiceApp {
  return createService(
    {
      name: "upload_service",
      title: "Upload service",
      description: "Takes files in chunks or by tus, keeps the originals and has them transcoded.",
      log: deps.log,
      checks: { database: () => checkDatabase(deps.database), storage: () => deps.store.check() },
    },
    createRoutes(deps),
  );
}
