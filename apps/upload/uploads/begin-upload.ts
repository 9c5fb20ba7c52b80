/** Begins an upload: a row, and nothing on disk before the first chunk. */
import type { NewUpload } from "../contract.ts";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../service.ts";
import { checkFilename } from "./check-filename.ts";

/**
 * @returns the id under which the chunks are to come
 * @throws ServiceError `invalid_path`, `unsupported_file_type`
 */
export function beginUpload({ database, now, newId }: UploadDeps, upload: NewUpload): string {
  checkFilename(upload.filename);
  const id = newId();
  database
    .insert(uploads)
    .values({
      id,
      filename: upload.filename,
      title: upload.title ?? null,
      totalChunks: upload.total_chunks,
      fileSizeBytes: upload.file_size ?? null,
      chunkSizeBytes: upload.chunk_size ?? null,
      createdAt: now(),
      updatedAt: now(),
    })
    .run();
  return id;
}
