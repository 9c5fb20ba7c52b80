/** Starts the streaming service: reads the configuration, serves the directory. */
import { fileURLToPath } from "node:url";
import { bundleForBrowser } from "@video-backend/bundle/for-browser";
import { createMetadataClient } from "@video-backend/metadata/client";
import { createLog, readConfig } from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { StreamingConfig } from "./config.ts";
import { createDemands } from "./demands/demands.ts";
import { createStreamingService } from "./service.ts";

const config = await orExit(() => readConfig(StreamingConfig, process.env));
const log = createLog("streaming", config.LOG_LEVEL);
const pageFile = (name: string) => fileURLToPath(new URL(`watch/browser/${name}`, import.meta.url));

const service = createStreamingService({
  store: createDirectoryStore(config.STORAGE_DIR),
  metadata: createMetadataClient({ baseUrl: config.METADATA_URL }),
  // Transcoding answers when the segment is made, or says in time that it is not.
  demands: createDemands(createTranscodingClient({ baseUrl: config.TRANSCODING_URL, timeoutSeconds: 9, retries: 0 })),
  bundle: bundleForBrowser([pageFile("page.ts"), pageFile("page.css")]),
  publicUrl: config.PUBLIC_STREAMING_URL ?? null,
  log,
});

export default serve(service, { port: config.STREAMING_PORT, hostname: config.HOST, log });
