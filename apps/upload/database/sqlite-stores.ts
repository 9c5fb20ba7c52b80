/** Opens `uploads.db` and the stores in it. */
import { join } from "node:path";
import { openDatabase, type ServiceDatabase } from "@video-backend/database";
import { createSqliteChunks } from "../chunks/sqlite-chunks.ts";
import { createSqliteTokens } from "../tokens/sqlite-tokens.ts";
import { createSqliteUploads } from "../uploads/sqlite-uploads.ts";
import { createGroupCommit } from "./group-commit.ts";
import * as schema from "./schema.ts";

/**
 * @param path the file, usually `STORAGE_DIR/uploads.db`
 * @param isDurable whether a committed transaction survives a power cut; otherwise the newest ones may be lost, in a power cut
 *   only. A row acknowledges bytes, so it must be as durable as they are
 */
export function openUploadDatabase(path: string, isDurable = true): ServiceDatabase<typeof schema> {
  const database = openDatabase({ path, schema, migrationsFolder: join(import.meta.dirname, "migrations") });
  database.$client.run(`PRAGMA synchronous = ${isDurable ? "FULL" : "NORMAL"}`);
  return database;
}

/**
 * The stores of upload over one database.
 *
 * @param now epoch seconds
 * @param lockSeconds how long a write waits for a database that another program holds
 */
export function createSqliteStores(
  database: ReturnType<typeof openUploadDatabase>,
  { now, lockSeconds }: { now: () => number; lockSeconds?: number },
) {
  const commit = createGroupCommit(database, lockSeconds);
  return {
    uploads: createSqliteUploads(database, commit, now),
    chunks: createSqliteChunks(database, commit, now),
    tokens: createSqliteTokens(database, now),
  };
}
