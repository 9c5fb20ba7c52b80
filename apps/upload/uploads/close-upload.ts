/** The moment after which an upload takes no more chunks. */
import { ServiceError } from "@video-backend/service";
import { missingChunks } from "../chunks/missing-chunks.ts";
import { receivedChunks } from "../chunks/received-chunks.ts";
import type { UploadDeps } from "../service.ts";
import { findUpload } from "./find-upload.ts";
import { moveUpload } from "./move-upload.ts";

/**
 * Receiving to assembling, if every chunk is here and they add up. Count and move are one transaction, so that no chunk
 * changes in between.
 *
 * @throws ServiceError `missing_chunks`; `invalid_request` when the chunks differ from the declared file size; `conflict`
 */
export function closeUpload({ database, now }: UploadDeps, uploadId: string): void {
  database.transaction(
    (transaction) => {
      const { totalChunks, fileSizeBytes } = findUpload(transaction, uploadId, "complete");
      const received = receivedChunks(transaction, uploadId);
      if (received.length < totalChunks) {
        throw missingChunks(
          received.map((chunk) => chunk.index),
          totalChunks,
        );
      }
      const sizeBytes = received.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
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
