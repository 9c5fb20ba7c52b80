/** Opens `transcoding.db`. */
import { join } from "node:path";
import { openDatabase, type ServiceDatabase } from "@video-backend/database";
import * as schema from "./schema.ts";

export type TranscodingDatabase = ServiceDatabase<typeof schema>;

/** @param path the file, usually `STORAGE_DIR/transcoding.db` */
export function openTranscodingDatabase(path: string): TranscodingDatabase {
  return openDatabase({ path, schema, migrationsFolder: join(import.meta.dirname, "migrations") });
}
