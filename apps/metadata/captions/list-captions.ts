/** Which captions there are, without their text. */
import { eq } from "drizzle-orm";
import type { MetadataDatabase } from "../database/open.ts";
import { captions } from "../database/schema.ts";
import { findVideo } from "../videos/find-video.ts";
import type { Captions, CaptionsOfVideo } from "./contract.ts";
import { presentCaptions } from "./present-captions.ts";

const columns = {
  hash: captions.hash,
  lang: captions.lang,
  label: captions.label,
  bytes: captions.bytes,
  updatedAt: captions.updatedAt,
};

type Reader = Pick<MetadataDatabase, "select">;

/**
 * Of one video, by language.
 *
 * @throws ServiceError `not_found`: Video not found
 */
export function listCaptions(database: Reader, hash: string): Captions[] {
  findVideo(database, hash);
  const rows = database.select(columns).from(captions).where(eq(captions.hash, hash)).orderBy(captions.lang).all();
  return rows.map(presentCaptions);
}

/** Of all videos, for who keeps a copy and was away. */
export function listAllCaptions(database: Reader): CaptionsOfVideo[] {
  const rows = database.select(columns).from(captions).orderBy(captions.hash, captions.lang).all();
  return rows.map((row) => ({ hash: row.hash, ...presentCaptions(row) }));
}
