/** Opens `uploads.db`. */
import { join } from "node:path";
import { openDatabase, type ServiceDatabase } from "@video-backend/database";
import * as schema from "./schema.ts";

export type UploadDatabase = ServiceDatabase<typeof schema>;

/** @param path the file, usually `STORAGE_DIR/uploads.db` */
export function openUploadDatabase(path: string): UploadDatabase {
  return openDatabase({ path, schema, migrationsFolder: join(import.meta.dirname, "migrations") });
}
