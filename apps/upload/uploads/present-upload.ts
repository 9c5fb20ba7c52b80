/** An upload as the contract shows it. */

import { missingIndexes, receivedChunks } from "../chunks/received-chunks.ts";
import type { Upload } from "../contract.ts";
import type { UploadDatabase } from "../database/open.ts";
import { findUpload } from "./find-upload.ts";

/**
 * Once the source is whole, the chunks are rows no more; every one of them was received then.
 *
 * @throws ServiceError `not_found`
 */
export function presentUpload(database: UploadDatabase, uploadId: string): Upload {
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
    bytes_received: row.sourceSizeBytes ?? chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0),
    state: row.state,
    error: row.error,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  };
}
