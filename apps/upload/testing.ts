/** An upload service on real files in a test's own directory, and a client that reaches it without a socket. */
import { join } from "node:path";
import type { MetadataClient } from "@video-backend/metadata/client";
import { newVideoId } from "@video-backend/service";
import { copyRange } from "@video-backend/storage/copy-range";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { databaseFiles, folders } from "@video-backend/storage/layout";
import type { World } from "@video-backend/testing";
import type { TranscodingClient } from "@video-backend/transcoding/client";
import { createDisk } from "./admission/room.ts";
import { createUploadClient } from "./client.ts";
import { limitsOf, remoteSourcesOf, UploadConfig } from "./config.ts";
import { createSqliteStores, openUploadDatabase } from "./database/sqlite-stores.ts";
import type { UploadParts } from "./deps.ts";
import { createUploadService, withState } from "./service.ts";
import { openSourceDirectory } from "./sources/source-directory.ts";

/** The parts of a test, whose database can be read and changed directly. Its stores are made of it, unless they are replaced. */
export type TestParts = Omit<UploadParts, "uploads" | "chunks" | "tokens" | "database"> & {
  database: ReturnType<typeof openUploadDatabase>;
};

export interface TestUploadOptions {
  metadata: MetadataClient;
  transcoding: TranscodingClient;
  /** Parts to put in place of the real ones. */
  deps?: Partial<TestParts>;
  /** The same, for parts that are made of the real ones. */
  replace?: (real: TestParts) => Partial<TestParts>;
}

/** Its storage directory is the world's; closed with the world. Two in one world are a service before and after a restart. */
export function createTestUpload(world: World, { metadata, transcoding, deps: replaced, replace }: TestUploadOptions) {
  const config = UploadConfig.parse({});
  const real: TestParts = {
    database: openUploadDatabase(world.path(databaseFiles.upload), false),
    store: createDirectoryStore(world.directory),
    sources: openSourceDirectory(join(world.directory, folders.uploads), "chunk"),
    copyRange,
    limits: limitsOf(config),
    disk: createDisk(world.directory),
    remote: remoteSourcesOf(UploadConfig.parse({ UPLOAD_FROM_URL_ALLOW: "127.0.0.1" })),
    proxies: config.UPLOAD_TRUSTED_PROXIES ?? config.TRUSTED_PROXIES,
    metadata,
    transcoding,
    log: world.log,
    now: world.clock.now,
    newId: newVideoId,
    ...replaced,
  };
  const parts = { ...real, ...replace?.(real) };
  const deps = withState({ ...createSqliteStores(parts.database, { now: parts.now }), ...parts });
  world.defer(() => deps.database.$client.close());
  const service = createUploadService(deps);
  const client = createUploadClient({ baseUrl: "http://upload.test", fetch: (request) => service.fetch(request) });
  return { service, client, deps };
}
