/** An upload as the contract shows it. */

import { withoutQuery } from "@video-backend/remote";
import type { Upload } from "../contract.ts";
import type { UploadDeps } from "../deps.ts";
import { expiresAt } from "./delete-upload.ts";
import { findUpload } from "./state.ts";
import type { UploadRecord } from "./store.ts";

/**
 * Once the source is stored there are no chunks any more; every one of them was received then.
 *
 * @throws ServiceError `not_found`
 */
export async function presentUpload(
  deps: Pick<UploadDeps, "uploads" | "chunks" | "limits">,
  uploadId: string,
): Promise<Upload> {
  const upload = await findUpload(deps, uploadId);
  const { totalChunks, sourceUrl } = upload;
  const isWhole = upload.sourceSizeBytes !== null;
  const received = isWhole
    ? missingIndexes([], totalChunks)
    : (await deps.chunks.list(uploadId)).map(({ index }) => index);
  return {
    upload_id: upload.id,
    filename: upload.filename,
    title: upload.title,
    total_chunks: totalChunks,
    file_size: upload.fileSizeBytes,
    chunk_size: upload.chunkSizeBytes,
    received,
    missing: missingIndexes(received, totalChunks),
    bytes_received: upload.sourceSizeBytes ?? upload.appendedBytes ?? upload.receivedBytes,
    state: upload.state,
    error: upload.error,
    source_url: sourceUrl && withoutQuery(sourceUrl),
    fetch: fetchOf(upload),
    sha256: upload.sha256,
    duplicate_of: await deps.uploads.findDuplicate(upload),
    expires_at: expiresAt(upload, deps.limits),
    created_at: upload.createdAt,
    updated_at: upload.updatedAt,
  };
}

function fetchOf({ sourceUrl, state, fetchGivenUp }: UploadRecord): Upload["fetch"] {
  if (sourceUrl === null) return null;
  if (state !== "receiving") return "fetched";
  return fetchGivenUp ? "given_up" : "fetching";
}

/** The indexes below `total` that are not among the received ones, ascending. */
export function missingIndexes(received: readonly number[], total: number): number[] {
  const known = new Set(received);
  return Array.from({ length: total }, (_, index) => index).filter((index) => !known.has(index));
}
