/** Opens `videos.db`. */
import { join } from "node:path";
import { openDatabase, type ServiceDatabase } from "@video-backend/database";
import * as schema from "./schema.ts";

export type MetadataDatabase = ServiceDatabase<typeof schema>;

/** @param path the file, usually `STORAGE_DIR/videos.db` */
export function openMetadataDatabase(path: string): MetadataDatabase {
  return openDatabase({ path, schema, migrationsFolder: join(import.meta.dirname, "migrations") });
}
