/** An upload as the contract shows it. */
import { expiresAt } from "../admission/expiry.ts";
import { missingIndexes, receivedChunks } from "../chunks/received-chunks.ts";
import type { Upload } from "../contract.ts";
import type { UploadRow } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { withoutQuery } from "../remote/remote-url.ts";
import { findDuplicate } from "./find-duplicate.ts";
import { findUpload } from "./find-upload.ts";

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
  const chunkBytes = chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
  return {
    upload_id: row.id,
    filename: row.filename,
    title: row.title,
    total_chunks: row.totalChunks,
    file_size: row.fileSizeBytes,
    chunk_size: row.chunkSizeBytes ?? row.learnedChunkSizeBytes,
    received,
    missing: missingIndexes(received, row.totalChunks),
    bytes_received: row.sourceSizeBytes ?? row.appendedBytes ?? chunkBytes,
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
