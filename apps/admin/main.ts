/** Starts the admin service: reads the configuration, serves in front of the other four. */
import { join } from "node:path";
import { bundleForBrowser } from "@video-backend/bundle/for-browser";
import { createKeyVerifier } from "@video-backend/metadata/client";
import {
  createCallees,
  createLog,
  createProcessMetrics,
  crossOriginRulesOf,
  openAccess,
  rateLimitsOf,
  readConfig,
} from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { serviceKeyFile } from "@video-backend/storage/layout";
import { checkLayout } from "@video-backend/storage/layout-version";
import { studioEntries } from "@video-backend/studio/entries";
import { AdminConfig } from "./config.ts";
import type { AdminDeps } from "./deps.ts";
import { createAdminService } from "./service.ts";
import { connectServices } from "./services/connect-services.ts";
import { keepThumbnailsSwept } from "./thumbnails/sweep-thumbnails.ts";

const config = await orExit(() => readConfig(AdminConfig, process.env));
const log = createLog("admin", config.LOG_LEVEL);
const { serviceKey, call } = await orExit(() => openAccess(config, join(config.STORAGE_DIR, serviceKeyFile)));
const metrics = createProcessMetrics();
const callees = createCallees({ metrics, log });
const toMetadata = callees.reach("Metadata service", config.METADATA_URL, call);
const store = createDirectoryStore(config.STORAGE_DIR);
await orExit(() => checkLayout(store));

const deps: AdminDeps = {
  store,
  services: connectServices(
    {
      upload: config.UPLOAD_URL,
      transcoding: config.TRANSCODING_URL,
      metadata: config.METADATA_URL,
      streaming: config.STREAMING_URL,
    },
    { call, callees },
  ),
  studio: {
    bundle: bundleForBrowser(studioEntries),
    publicStreamingUrl: config.PUBLIC_STREAMING_URL ?? config.PUBLIC_URL,
  },
  sessions: { seconds: config.SESSION_SECONDS, proxies: config.TRUSTED_PROXIES },
  crossOrigin: crossOriginRulesOf(config, {
    hosts: config.PUBLIC_URL === undefined ? [] : [new URL(config.PUBLIC_URL).hostname],
  }),
  keys: serviceKey === null ? undefined : { serviceKey, verifier: createKeyVerifier(config.METADATA_URL, toMetadata) },
  rateLimits: rateLimitsOf(config),
  log,
  metrics,
  callees,
};
const stopping = new AbortController();
const sweeping = keepThumbnailsSwept(deps, `${config.METADATA_URL}/videos/events`, stopping.signal, toMetadata);

export default serve(createAdminService(deps), {
  port: config.ADMIN_PORT,
  hostname: config.HOST,
  log,
  maxBodyBytes: config.ADMIN_MAX_BODY_BYTES,
  async close() {
    stopping.abort();
    await sweeping;
  },
});
