/** Starts the transcoding service: opens the ledger, goes on with what is unfinished, serves. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createRun, knownEncoders } from "@video-backend/media";
import { createKeyVerifier, createMetadataClient } from "@video-backend/metadata/client";
import {
  createCallees,
  createLog,
  createProcessMetrics,
  crossOriginRulesOf,
  messageOf,
  openAccess,
  rateLimitsOf,
  readConfig,
  repeat,
} from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { createDirectoryStore, moveNeedsCopy } from "@video-backend/storage/directory";
import { databaseFiles, folders, serviceKeyFile } from "@video-backend/storage/layout";
import { checkLayout } from "@video-backend/storage/layout-version";
import { assembleTranscoding, requestRepairs } from "./assemble.ts";
import { divideProcessors, TranscodingConfig } from "./config.ts";
import { openTranscodingDatabase } from "./database/open.ts";
import { createDisk, proveEncoders } from "./encoding/machine.ts";
import { followFeed } from "./reconcile/follow-feed.ts";
import { createTranscodingService } from "./service.ts";

/** At start and at every connection to metadata it is done besides. */
const janitorEverySeconds = 3600;

const config = await orExit(() => readConfig(TranscodingConfig, process.env));
const log = createLog("transcoding", config.LOG_LEVEL);
const { serviceKey, call } = await orExit(() => openAccess(config, join(config.STORAGE_DIR, serviceKeyFile)));
const metrics = createProcessMetrics();
const callees = createCallees({ metrics, log });
const toMetadata = callees.reach("Metadata service", config.METADATA_URL, call);
const store = createDirectoryStore(config.STORAGE_DIR);
await orExit(() => checkLayout(store));
const database = await orExit(() => openTranscodingDatabase(join(config.STORAGE_DIR, databaseFiles.transcoding)));
const cpus = config.TRANSCODE_CPUS ?? availableParallelism();
const settings = {
  segmentSeconds: config.SEGMENT_SECONDS,
  x264Preset: config.X264_PRESET,
  rateControl: config.RATE_CONTROL,
  allThreads: cpus,
  ...divideProcessors(cpus),
};
const now = () => Date.now() / 1000;
const run = createRun({ stallSeconds: config.ENCODER_STALL_SECONDS });
const encoders = await orExit(() =>
  proveEncoders({ encoders: knownEncoders(config.VAAPI_DEVICE), choice: config.ENCODER, run, settings, now }),
);
log.info({ encoders: encoders.states() }, "encoders proven");
const workspaces = join(config.STORAGE_DIR, folders.workspaces);
const hls = join(config.STORAGE_DIR, folders.streams);
const copies = await moveNeedsCopy(workspaces, hls).catch((error: unknown) => {
  log.warn({ reason: messageOf(error) }, "transcoding and hls could not be compared");
});
if (copies) log.warn("hls is on another file system than transcoding: each finished segment is copied");

const transcoding = assembleTranscoding({
  database,
  store,
  storageDirectory: config.STORAGE_DIR,
  metadata: createMetadataClient({ baseUrl: config.METADATA_URL, fetch: toMetadata }),
  run,
  encoders,
  disk: createDisk([config.STORAGE_DIR, workspaces, hls], config.DISK_LOW_WATER_BYTES),
  settings,
  crossOrigin: crossOriginRulesOf(config),
  keys: serviceKey === null ? undefined : { serviceKey, verifier: createKeyVerifier(config.METADATA_URL, toMetadata) },
  rateLimits: rateLimitsOf(config),
  log,
  metrics,
  callees,
  now,
});
const { deps } = transcoding;
const stopping = new AbortController();
await transcoding.recover();
const background = [
  followFeed(deps, `${config.METADATA_URL}/videos/events`, stopping.signal, toMetadata),
  repeat(
    () => {
      deps.reconciler.request("leftovers");
      return requestRepairs(deps);
    },
    {
      everySeconds: janitorEverySeconds,
      firstAfterSeconds: janitorEverySeconds,
      log,
      signal: stopping.signal,
    },
  ),
];

export default serve(createTranscodingService(deps), {
  port: config.TRANSCODING_PORT,
  hostname: config.HOST,
  log,
  async close() {
    stopping.abort();
    await transcoding.close();
    await Promise.all(background);
    database.$client.close();
  },
});
