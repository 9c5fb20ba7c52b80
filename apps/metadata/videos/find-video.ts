/** Finds a video or says that there is none. */
import { ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import type { MetadataDatabase } from "../database/open.ts";
import { videos } from "../database/schema.ts";
import { type ReadVideo, videoColumns } from "./video-columns.ts";

/** @throws ServiceError `not_found`: Video not found */
export function findVideo(database: Pick<MetadataDatabase, "select">, hash: string): ReadVideo {
  const row = database.select(videoColumns).from(videos).where(eq(videos.hash, hash)).get();
  if (!row) throw videoNotFound(hash);
  return row;
}

export function videoNotFound(hash: string): ServiceError {
  return new ServiceError("not_found", "Video not found", { details: { hash } });
}
