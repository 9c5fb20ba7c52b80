/** The upload that brought the very same file before. */
import { and, asc, eq, isNotNull, lt, ne, or } from "drizzle-orm";
import type { UploadDatabase } from "../database/open.ts";
import { type UploadRow, uploads } from "../database/schema.ts";

/** The id of the first whole upload with this one's hash, if it was begun earlier; null where there is none. */
export function findDuplicate(database: Pick<UploadDatabase, "select">, upload: UploadRow): string | null {
  if (upload.sha256 === null) return null;
  const isSame = and(eq(uploads.sha256, upload.sha256), isNotNull(uploads.sourceSizeBytes), ne(uploads.id, upload.id));
  const isEarlier = or(
    lt(uploads.createdAt, upload.createdAt),
    and(eq(uploads.createdAt, upload.createdAt), lt(uploads.id, upload.id)),
  );
  const first = database
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(isSame, isEarlier))
    .orderBy(asc(uploads.createdAt), asc(uploads.id))
    .get();
  return first?.id ?? null;
}
