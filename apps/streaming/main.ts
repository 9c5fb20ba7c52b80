/** Starts the streaming service: reads the configuration, serves the directory, in one process or in several. */
import { availableParallelism } from "node:os";
import { createMetadataClient } from "@video-backend/metadata/client";
import { createLog, readConfig } from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { sharePort } from "@video-backend/service/share-port";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { StreamingConfig } from "./config.ts";
import { createDemands } from "./demands/demands.ts";
import { createStreamingService } from "./service.ts";

const config = await orExit(() => readConfig(StreamingConfig, process.env));
const log = createLog("streaming", config.LOG_LEVEL);
const processes = config.STREAMING_PROCESSES === "auto" ? availableParallelism() : config.STREAMING_PROCESSES;
const sharedPort = config.STREAMING_SHARES_PORT;

if (processes > 1 && !sharedPort) {
  await sharePort({ count: processes, environment: { ...process.env, STREAMING_SHARES_PORT: "true" }, log });
}

const service = createStreamingService({
  store: createDirectoryStore(config.STORAGE_DIR),
  metadata: createMetadataClient({ baseUrl: config.METADATA_URL }),
  // Transcoding answers when the segment is made, or says in time that it is not.
  demands: createDemands(createTranscodingClient({ baseUrl: config.TRANSCODING_URL, timeoutSeconds: 9, retries: 0 })),
  log,
  origins: config.STREAMING_CORS_ORIGINS,
  memoryBytes: Math.floor(config.STREAMING_MEMORY_BYTES / processes),
  logFiles: config.STREAMING_ACCESS_LOG,
});

export default serve(service, { port: config.STREAMING_PORT, hostname: config.HOST, log, sharedPort });
