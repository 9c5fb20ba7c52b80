/** An upload as the contract shows it. */
import { and, asc, eq, isNotNull, lt, ne, or } from "drizzle-orm";
import { missingIndexes, receivedChunks } from "../chunks/rows.ts";
import type { Upload } from "../contract.ts";
import type { Reads } from "../database/open.ts";
import { type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { withoutQuery } from "../remote/remote-url.ts";
import { expiresAt } from "./delete-upload.ts";
import { findUpload } from "./state.ts";

/**
 * Once the source is whole, the chunks are rows no more; every one of them was received then.
 *
 * @throws ServiceError `not_found`
 */
export function presentUpload({ database, limits }: Pick<UploadDeps, "database" | "limits">, uploadId: string): Upload {
  const row = findUpload(database, uploadId);
  const whole = row.sourceSizeBytes !== null;
  const chunks = receivedChunks(database, uploadId);
  const received = whole ? missingIndexes([], row.totalChunks) : chunks.map((chunk) => chunk.index);
  return {
    upload_id: row.id,
    filename: row.filename,
    title: row.title,
    total_chunks: row.totalChunks,
    file_size: row.fileSizeBytes,
    chunk_size: row.chunkSizeBytes,
    received,
    missing: missingIndexes(received, row.totalChunks),
    bytes_received: row.sourceSizeBytes ?? row.appendedBytes ?? row.receivedBytes,
    state: row.state,
    error: row.error,
    source_url: row.sourceUrl && withoutQuery(row.sourceUrl),
    fetch: fetchOf(row),
    sha256: row.sha256,
    duplicate_of: findDuplicate(database, row),
    expires_at: expiresAt(row, limits),
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  };
}

function fetchOf({ sourceUrl, state, fetchGivenUp }: UploadRow): Upload["fetch"] {
  if (sourceUrl === null) return null;
  if (state !== "receiving") return "fetched";
  return fetchGivenUp ? "given_up" : "fetching";
}

/** The id of the first stored upload with this one's hash, if it was begun earlier; null where there is none. */
function findDuplicate(database: Reads, upload: UploadRow): string | null {
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
