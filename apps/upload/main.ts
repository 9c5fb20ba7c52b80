/** Starts the upload service: reads the configuration, opens database and directories, starts the background loops, serves. */
import { join } from "node:path";
import { createKeyVerifier, createMetadataClient } from "@video-backend/metadata/client";
import {
  createCallees,
  createLog,
  createProcessMetrics,
  crossOriginRulesOf,
  messageOf,
  newVideoId,
  openAccess,
  rateLimitsOf,
  readConfig,
  ServiceError,
} from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { copyRange } from "@video-backend/storage/copy-range";
import { createDirectoryStore, moveNeedsCopy } from "@video-backend/storage/directory";
import { databaseFiles, folders, serviceKeyFile } from "@video-backend/storage/layout";
import { checkLayout } from "@video-backend/storage/layout-version";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { createDisk } from "./admission/room.ts";
import { limitsOf, remoteSourcesOf, UploadConfig } from "./config.ts";
import { createSqliteStores, openUploadDatabase } from "./database/sqlite-stores.ts";
import { keepSweeping, keepTellingHashes } from "./handover/sweep.ts";
import { keepTellingExpired } from "./handover/tell-expired.ts";
import { followDeletions, keepClean } from "./janitor/janitor.ts";
import { keepFetching } from "./remote/fetch-source.ts";
import { createUploadService, withState } from "./service.ts";
import { openSourceDirectory } from "./sources/source-directory.ts";

const sweepEverySeconds = 2;
const fetchEverySeconds = 1;

const config = await orExit(() => readConfig(UploadConfig, process.env));
const log = createLog("upload", config.LOG_LEVEL);
const { serviceKey, call } = await orExit(() => openAccess(config, join(config.STORAGE_DIR, serviceKeyFile)));
const proxies = config.UPLOAD_TRUSTED_PROXIES ?? config.TRUSTED_PROXIES;
const metrics = createProcessMetrics();
const callees = createCallees({ metrics, log });
const toMetadata = callees.reach("Metadata service", config.METADATA_URL, call);
const store = createDirectoryStore(config.STORAGE_DIR);
await orExit(() => checkLayout(store));
const now = () => Date.now() / 1000;
const database = await orExit(() =>
  openUploadDatabase(join(config.STORAGE_DIR, databaseFiles.upload), config.UPLOAD_SYNC === "chunk"),
);
const parts = await orExit(() => ({
  ...createSqliteStores(database, { now }),
  database,
  store,
  sources: openSourceDirectory(join(config.STORAGE_DIR, folders.uploads), config.UPLOAD_SYNC),
  copyRange,
  limits: limitsOf(config),
  disk: createDisk(config.STORAGE_DIR),
  remote: remoteSourcesOf(config),
  proxies,
  // A request waits for these; the background loop repeats what fails.
  metadata: createMetadataClient({ baseUrl: config.METADATA_URL, retries: 1, fetch: toMetadata }),
  transcoding: createTranscodingClient({
    baseUrl: config.TRANSCODING_URL,
    retries: 1,
    fetch: callees.reach("Transcoding service", config.TRANSCODING_URL, call),
  }),
  crossOrigin: crossOriginRulesOf(config),
  keys: serviceKey === null ? undefined : { serviceKey, verifier: createKeyVerifier(config.METADATA_URL, toMetadata) },
  log,
  metrics,
  callees,
  rateLimits: rateLimitsOf({ ...config, TRUSTED_PROXIES: proxies }),
  now,
  newId: newVideoId,
}));
const deps = withState(parts);

const uploads = join(config.STORAGE_DIR, folders.uploads);
const originals = join(config.STORAGE_DIR, folders.originals);
const copies = await moveNeedsCopy(uploads, originals).catch((error: unknown) => {
  deps.log.warn({ reason: messageOf(error) }, "uploads and originals could not be compared");
});
if (copies) {
  deps.log.warn("originals is on another file system than uploads: completing an upload copies the file");
}

const stopping = new AbortController();
const loops = [
  keepSweeping(deps, sweepEverySeconds, stopping.signal),
  keepTellingHashes(deps, sweepEverySeconds, stopping.signal),
  keepTellingExpired(deps, sweepEverySeconds, stopping.signal),
  ...(deps.remote ? [keepFetching(deps, deps.remote, fetchEverySeconds, stopping.signal)] : []),
  followDeletions(deps, `${config.METADATA_URL}/videos/events`, stopping.signal, toMetadata),
  keepClean(deps, config.UPLOAD_JANITOR_SECONDS, stopping.signal),
];

export default serve(createUploadService(deps), {
  port: config.UPLOAD_PORT,
  hostname: config.HOST,
  log: deps.log,
  // Each route has its own limit, and an error for what exceeds it.
  maxBodyBytes: Number.MAX_SAFE_INTEGER,
  async close() {
    stopping.abort();
    await deps.active.endAll(new ServiceError("unavailable", "The upload service is stopping"));
    await Promise.all(loops);
    database.$client.close();
  },
});
