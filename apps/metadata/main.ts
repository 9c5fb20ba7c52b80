/** Starts the metadata service: reads the configuration, opens the database, serves. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { openKeyFile } from "@video-backend/access/key-file";
import {
  createExclusion,
  createLog,
  createProcessMetrics,
  crossOriginRulesOf,
  openAccess,
  rateLimitsOf,
  readConfig,
  repeat,
} from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { databaseFiles, playbackKeysFile, serviceKeyFile } from "@video-backend/storage/layout";
import { checkLayout } from "@video-backend/storage/layout-version";
import { MetadataConfig, sendingOf } from "./config.ts";
import { createSqliteStores, openMetadataDatabase } from "./database/sqlite-stores.ts";
import type { MetadataDeps } from "./deps.ts";
import { createFirstKey, createOwnVerifier } from "./keys/keys.ts";
import { createMetadataService } from "./service.ts";
import { restoreMarks } from "./visibility/private-marks.ts";
import { keepDelivering, keepPruning } from "./webhooks/deliver.ts";

const config = await orExit(() => readConfig(MetadataConfig, process.env));
const log = createLog("metadata", config.LOG_LEVEL);
const store = createDirectoryStore(config.STORAGE_DIR);
await orExit(() => checkLayout(store));
const database = await orExit(() => openMetadataDatabase(join(config.STORAGE_DIR, databaseFiles.metadata)));
const keys = await orExit(() => config.PLAYBACK_KEYS ?? openKeyFile(join(config.STORAGE_DIR, playbackKeysFile)));
const now = () => Date.now() / 1000;
const stores = createSqliteStores(database, { now, log });
const { serviceKey } = await orExit(() => openAccess(config, join(config.STORAGE_DIR, serviceKeyFile)));
const deps: MetadataDeps = {
  ...stores,
  keys: serviceKey === null ? undefined : { serviceKey, verifier: createOwnVerifier({ ...stores, now }) },
  rateLimits: rateLimitsOf(config),
  database,
  store,
  exclusion: createExclusion(),
  playback: {
    keys,
    maxSeconds: config.PLAYBACK_TOKEN_MAX_SECONDS,
    windowSeconds: config.PLAYBACK_TOKEN_WINDOW_SECONDS,
  },
  sending: sendingOf(config),
  crossOrigin: crossOriginRulesOf(config),
  log,
  metrics: createProcessMetrics(),
  now,
};
await orExit(() => restoreMarks(deps));
if (deps.keys && (config.FIRST_API_KEY === "print" || config.ADMIN_API_KEY || config.ADMIN_API_KEY_FILE)) {
  const file = config.ADMIN_API_KEY_FILE;
  const given = config.ADMIN_API_KEY ?? (file && (await orExit(async () => (await readFile(file, "utf8")).trim())));
  const created = await orExit(() => createFirstKey(deps, given));
  // Not a line of the log.
  if (created !== null) process.stdout.write(`The first API key, which is not shown again: ${created}\n`);
}
const stopping = new AbortController();
/** For marks of deleted videos whose files have been removed since. */
const restoreMarksEverySeconds = 3600;
const loops = [
  repeat(() => restoreMarks(deps), {
    everySeconds: restoreMarksEverySeconds,
    firstAfterSeconds: restoreMarksEverySeconds,
    log,
    signal: stopping.signal,
  }),
  keepDelivering(deps, stopping.signal),
  keepPruning(deps, stopping.signal),
];

export default serve(createMetadataService(deps), {
  port: config.METADATA_PORT,
  hostname: config.HOST,
  log,
  // The service has its own limit and answers 413; the server's limit would close the connection without an answer.
  maxBodyBytes: 2 ** 40,
  async close() {
    stopping.abort();
    await Promise.all(loops);
    database.$client.close();
  },
});
