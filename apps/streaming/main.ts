/** Starts the streaming service: reads the configuration, serves the directory. */
import { createMetadataClient } from "@video-backend/metadata/client";
import { createLog, readConfig } from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { StreamingConfig } from "./config.ts";
import { createStreamingService } from "./service.ts";

const config = await orExit(() => readConfig(StreamingConfig, process.env));
const log = createLog("streaming", config.LOG_LEVEL);

const service = createStreamingService({
  store: createDirectoryStore(config.STORAGE_DIR),
  metadata: createMetadataClient({ baseUrl: config.METADATA_URL }),
  log,
});

export default serve(service, { port: config.STREAMING_PORT, hostname: config.HOST, log });
