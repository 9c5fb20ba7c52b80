/** Finds a video or says that there is none. */
import { ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import type { MetadataDatabase } from "../database/open.ts";
import { type VideoRow, videos } from "../database/schema.ts";

/** @throws ServiceError `not_found`: Video not found */
export function findVideo(database: Pick<MetadataDatabase, "select">, hash: string): VideoRow {
  const row = database.select().from(videos).where(eq(videos.hash, hash)).get();
  if (!row) throw videoNotFound(hash);
  return row;
}

export function videoNotFound(hash: string): ServiceError {
  return new ServiceError("not_found", "Video not found", { details: { hash } });
}
