/** Starts the transcoding service: opens the ledger, goes on with what is unfinished, serves. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "@video-backend/media";
import { createMetadataClient } from "@video-backend/metadata/client";
import { createLog, readConfig } from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { assembleTranscoding, recover } from "./assemble.ts";
import { divideProcessors, TranscodingConfig } from "./config.ts";
import { openTranscodingDatabase } from "./database/open.ts";
import { followWishes } from "./jobs/follow-wishes.ts";
import { keepReporting } from "./jobs/report-states.ts";
import { createTranscodingService } from "./service.ts";

const config = await orExit(() => readConfig(TranscodingConfig, process.env));
const log = createLog("transcoding", config.LOG_LEVEL);
const database = await orExit(() => openTranscodingDatabase(join(config.STORAGE_DIR, "transcoding.db")));
const deps = assembleTranscoding({
  database,
  store: createDirectoryStore(config.STORAGE_DIR),
  storageDirectory: config.STORAGE_DIR,
  metadata: createMetadataClient({ baseUrl: config.METADATA_URL }),
  run,
  settings: {
    segmentSeconds: config.SEGMENT_SECONDS,
    x264Preset: config.X264_PRESET,
    ...divideProcessors(config.TRANSCODE_CPUS ?? availableParallelism()),
  },
  log,
  now: () => Date.now() / 1000,
});
const stopping = new AbortController();
await recover(deps);
const background = [
  followWishes(deps, `${config.METADATA_URL}/videos/events`, stopping.signal),
  keepReporting(deps, stopping.signal),
];

export default serve(createTranscodingService(deps), {
  port: config.TRANSCODING_PORT,
  hostname: config.HOST,
  log,
  async close() {
    stopping.abort();
    await deps.engine.close();
    await Promise.all(background);
    database.$client.close();
  },
});
