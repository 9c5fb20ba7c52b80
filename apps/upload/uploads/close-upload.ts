/** The moment after which an upload takes no more bytes. */
import { ServiceError } from "@video-backend/service";
import { missingChunks } from "../chunks/missing-chunks.ts";
import { receivedChunks } from "../chunks/received-chunks.ts";
import type { UploadRow } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { isStream, type StreamRow } from "../sources/find-stream.ts";
import { sizeOf } from "../sources/size-of.ts";
import { findUpload } from "./find-upload.ts";
import { moveUpload } from "./move-upload.ts";

/**
 * Receiving to assembling, if every chunk is here and they add up. Count and move are one transaction, so that no chunk
 * changes in between.
 *
 * @throws ServiceError `missing_chunks`; `invalid_request` when the bytes differ from the declared file size; `conflict`
 */
export function closeUpload({ database, now }: UploadDeps, uploadId: string): void {
  database.transaction(
    (transaction) => {
      const upload = findUpload(transaction, uploadId, "complete");
      if (isStream(upload)) refuseUnfilled(upload);
      else refuseMissing(receivedChunks(transaction, uploadId), upload);
      const sizeBytes = sizeOf(transaction, upload);
      const { fileSizeBytes } = upload;
      if (fileSizeBytes !== null && sizeBytes !== fileSizeBytes) {
        throw new ServiceError(
          "invalid_request",
          `The chunks add up to ${sizeBytes} bytes where file_size says ${fileSizeBytes}; send the wrong ones again`,
          { details: { expected_bytes: fileSizeBytes, received_bytes: sizeBytes } },
        );
      }
      moveUpload(transaction, uploadId, "assembling", now(), { error: null });
    },
    { behavior: "immediate" },
  );
}

function refuseUnfilled({ id, appendedBytes, fileSizeBytes }: StreamRow): void {
  if (appendedBytes === fileSizeBytes) return;
  const expected = fileSizeBytes ?? "an unknown number of";
  throw new ServiceError("missing_chunks", `${appendedBytes} of ${expected} bytes are here; send the rest`, {
    details: { upload_id: id, expected_bytes: fileSizeBytes, received_bytes: appendedBytes },
  });
}

function refuseMissing(received: readonly { index: number }[], { totalChunks }: UploadRow): void {
  if (received.length === totalChunks) return;
  throw missingChunks(
    received.map((chunk) => chunk.index),
    totalChunks,
  );
}
