/** Finds a video or says that there is none. */
import { ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import type { MetadataDatabase } from "../database/open.ts";
import { deletions, videos } from "../database/schema.ts";
import { type ReadVideo, videoColumns } from "./video-columns.ts";

/** @throws ServiceError `not_found`: Video not found */
export function findVideo(database: Pick<MetadataDatabase, "select">, hash: string): ReadVideo {
  const row = database.select(videoColumns).from(videos).where(eq(videos.hash, hash)).get();
  if (!row) throw videoNotFound(database, hash);
  return row;
}

/** With `deleted_at` where it was there once: a database that was lost knows neither. */
function videoNotFound(database: Pick<MetadataDatabase, "select">, hash: string): ServiceError {
  const deleted = database.select().from(deletions).where(eq(deletions.hash, hash)).get();
  const details = { hash, ...(deleted && { deleted_at: deleted.deletedAt }) };
  return new ServiceError("not_found", "Video not found", { details });
}
