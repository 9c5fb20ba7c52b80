/** Starts the metadata service: reads the configuration, opens the database, serves. */
import { join } from "node:path";
import { openKeyFile } from "@video-backend/access/key-file";
import { createLog, crossOriginRulesOf, readConfig, repeat } from "@video-backend/service";
import { orExit, serve } from "@video-backend/service/serve";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createChangeFeed } from "./changes/change-feed.ts";
import { MetadataConfig } from "./config.ts";
import { openMetadataDatabase } from "./database/open.ts";
import { createMetadataService } from "./service.ts";
import { restoreMarks } from "./visibility/restore-marks.ts";
import { createTurns } from "./visibility/turns.ts";

const config = await orExit(() => readConfig(MetadataConfig, process.env));
const log = createLog("metadata", config.LOG_LEVEL);
const database = await orExit(() => openMetadataDatabase(join(config.STORAGE_DIR, "videos.db")));
const store = createDirectoryStore(config.STORAGE_DIR);
const keys = await orExit(() => config.PLAYBACK_KEYS ?? openKeyFile(join(config.STORAGE_DIR, "playback-keys.json")));
const now = () => Date.now() / 1000;
const takeTurn = createTurns();
await orExit(() => restoreMarks({ database, store }));
const stopping = new AbortController();
/** For marks of deleted videos whose files have gone since. */
const restoreMarksEverySeconds = 3600;
const restoringMarks = repeat(() => takeTurn(() => restoreMarks({ database, store })), {
  everySeconds: restoreMarksEverySeconds,
  firstAfterSeconds: restoreMarksEverySeconds,
  log,
  signal: stopping.signal,
});

const service = createMetadataService({
  database,
  changes: createChangeFeed(database, now, undefined, log),
  store,
  takeTurn,
  playback: {
    keys,
    mostSeconds: config.PLAYBACK_TOKEN_MAX_SECONDS,
    windowSeconds: config.PLAYBACK_TOKEN_WINDOW_SECONDS,
  },
  crossOrigin: crossOriginRulesOf(config),
  log,
  now,
});

export default serve(service, {
  port: config.METADATA_PORT,
  hostname: config.HOST,
  log,
  // The service has a limit of its own, which is told in a sentence; the server's would cut the connection without a word.
  maxBodyBytes: 2 ** 40,
  async close() {
    stopping.abort();
    await restoringMarks;
    database.$client.close();
  },
});
