/** Opens `videos.db` and the stores in it. */
import { join } from "node:path";
import { openDatabase } from "@video-backend/database";
import { createSqliteCaptions } from "../captions/sqlite-captions.ts";
import { createSqliteChanges, type SqliteChangesOptions } from "../changes/sqlite-changes.ts";
import { createSqliteKeys, createSqliteSessions } from "../keys/sqlite-keys.ts";
import { createSqliteVideos } from "../videos/sqlite-videos.ts";
import { createSqliteWebhooks } from "../webhooks/sqlite-webhooks.ts";
import * as schema from "./schema.ts";
import type { MetadataDatabase } from "./sqlite-database.ts";

/** @param path the file, usually `STORAGE_DIR/videos.db` */
export function openMetadataDatabase(path: string): MetadataDatabase {
  return openDatabase({ path, schema, migrationsFolder: join(import.meta.dirname, "migrations") });
}

/** The stores of metadata over one database. */
export function createSqliteStores(database: MetadataDatabase, options: SqliteChangesOptions) {
  const changes = createSqliteChanges(database, options);
  const { now } = options;
  const webhooks = createSqliteWebhooks(database, now);
  return {
    videos: createSqliteVideos(database, { changes, outbox: webhooks, now }),
    captions: createSqliteCaptions(database, changes, now),
    apiKeys: createSqliteKeys(database, now),
    sessions: createSqliteSessions(database, now),
    webhooks,
    changes,
  };
}
