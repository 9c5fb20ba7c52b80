import { createWorld } from "@video-backend/testing";
import { createSqliteJobs } from "../jobs/sqlite-jobs.ts";
import { createSqliteAttempts, createSqliteLedger } from "../ledger/sqlite-ledger.ts";
import { createSqliteSubtitles } from "../subtitles/sqlite-subtitles.ts";
import { openTranscodingDatabase } from "./open.ts";
import { storesSuite } from "./stores.suite.ts";

storesSuite("SQLite", async (now) => {
  const world = createWorld();
  const database = openTranscodingDatabase(world.path("transcoding.db"));
  world.defer(() => database.$client.close());
  return {
    jobs: createSqliteJobs(database, now),
    ledger: createSqliteLedger(database, now),
    attempts: createSqliteAttempts(database),
    subtitles: createSqliteSubtitles(database),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
});
