/** Finds a video's captions in one language, or says that there are none. */
import { ServiceError } from "@video-backend/service";
import { and, eq } from "drizzle-orm";
import type { MetadataDatabase } from "../database/open.ts";
import { type CaptionsRow, captions } from "../database/schema.ts";
import { findVideo } from "../videos/find-video.ts";

/** @throws ServiceError `not_found`: Video not found, Captions not found */
export function findCaptions(database: Pick<MetadataDatabase, "select">, hash: string, lang: string): CaptionsRow {
  findVideo(database, hash);
  const row = database.select().from(captions).where(oneLanguage(hash, lang)).get();
  if (!row) throw new ServiceError("not_found", "Captions not found", { details: { hash, lang } });
  return row;
}

/** The condition that picks them. */
export const oneLanguage = (hash: string, lang: string) => and(eq(captions.hash, hash), eq(captions.lang, lang));
