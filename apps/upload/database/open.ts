/** Opens `uploads.db`. */
import { join } from "node:path";
import { openDatabase, type ServiceDatabase } from "@video-backend/database";
import * as schema from "./schema.ts";

export type UploadDatabase = ServiceDatabase<typeof schema>;

/** What a transaction, or the database itself, is asked through. */
export type Reads = Pick<UploadDatabase, "select">;
export type Writes = Pick<UploadDatabase, "select" | "insert" | "update" | "delete">;

/**
 * @param path the file, usually `STORAGE_DIR/uploads.db`
 * @param isDurable whether a transaction that is committed survives a power cut; without it the newest may be lost, and
 *   only then. A row acknowledges bytes, so it must be as durable as they are
 */
export function openUploadDatabase(path: string, isDurable = true): UploadDatabase {
  const database = openDatabase({ path, schema, migrationsFolder: join(import.meta.dirname, "migrations") });
  database.$client.run(`PRAGMA synchronous = ${isDurable ? "FULL" : "NORMAL"}`);
  return database;
}
