/** Starts the streaming service: reads the configuration, serves the directory, in one process or in several. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openKeyFile } from "@video-backend/access/key-file";
import { bundleForBrowser } from "@video-backend/bundle/for-browser";
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
} from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { joinSharedPort, sharePort } from "@video-backend/service/share-port";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { playbackKeysFile, serviceKeyFile } from "@video-backend/storage/layout";
import { checkLayout } from "@video-backend/storage/layout-version";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { createPrivateVideos } from "./access/private-videos.ts";
import { StreamingConfig } from "./config.ts";
import { createDemands } from "./demands/demands.ts";
import { createStreamingService } from "./service.ts";

const config = await orExit(() => readConfig(StreamingConfig, process.env));
const log = createLog("streaming", config.LOG_LEVEL);
const keyFile = join(config.STORAGE_DIR, playbackKeysFile);
/** A storage that cannot be written to, before anybody made the file: public videos play all the same. */
const noKeys = (error: unknown) => {
  log.error({ reason: messageOf(error) }, "no playback token is accepted until the next start");
  return [];
};
const store = createDirectoryStore(config.STORAGE_DIR);
await orExit(() => checkLayout(store, "reads"));
const now = () => Date.now() / 1000;
const pageFile = (name: string) => fileURLToPath(new URL(`watch/browser/${name}`, import.meta.url));
const publicUrl = config.PUBLIC_STREAMING_URL ?? config.PUBLIC_URL ?? null;
const processes = config.STREAMING_PROCESSES === "auto" ? availableParallelism() : config.STREAMING_PROCESSES;
const sharedPort = config.STREAMING_SHARES_PORT;

if (processes > 1 && !sharedPort) {
  await sharePort({ count: processes, environment: { ...process.env, STREAMING_SHARES_PORT: "true" }, log });
}

const { serviceKey, call } = await orExit(() => openAccess(config, join(config.STORAGE_DIR, serviceKeyFile)));
const metrics = createProcessMetrics(sharedPort ? joinSharedPort : undefined);
const callees = createCallees({ metrics, log });
const toMetadata = callees.reach("Metadata service", config.METADATA_URL, call);
await orExit(() => {
  if (config.ORIGINALS === "key" && serviceKey === null) throw new Error("ORIGINALS=key needs AUTH=keys");
});

const service = createStreamingService({
  store,
  privateVideos: createPrivateVideos(store, now),
  playbackKeys: config.PLAYBACK_KEYS ?? (await openKeyFile(keyFile).catch(noKeys)),
  privateCaching: config.PRIVATE_CACHING,
  now,
  metadata: createMetadataClient({ baseUrl: config.METADATA_URL, fetch: toMetadata }),
  // Transcoding answers when the segment is made, or says in time that it is not.
  demands: createDemands(
    createTranscodingClient({
      baseUrl: config.TRANSCODING_URL,
      timeoutSeconds: 9,
      retries: 0,
      fetch: callees.reach("Transcoding service", config.TRANSCODING_URL, call),
    }),
  ),
  bundle: bundleForBrowser([pageFile("page.ts"), pageFile("page.css")]),
  publicUrl,
  proxies: config.TRUSTED_PROXIES,
  log,
  metrics,
  callees,
  keys: serviceKey === null ? undefined : { serviceKey, verifier: createKeyVerifier(config.METADATA_URL, toMetadata) },
  rateLimits: rateLimitsOf(config),
  originals: config.ORIGINALS,
  crossOrigin: crossOriginRulesOf(config, {
    readers: config.STREAMING_CORS_ORIGINS,
    hosts: publicUrl === null ? [] : [new URL(publicUrl).hostname],
  }),
  memoryBytes: Math.floor(config.STREAMING_MEMORY_BYTES / processes),
  logFiles: config.STREAMING_ACCESS_LOG,
});

export default serve(service, { port: config.STREAMING_PORT, hostname: config.HOST, log, sharedPort });
