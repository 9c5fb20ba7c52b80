/** A chunk that came in whole, put in its place. */
import { statSync } from "node:fs";
import { ServiceError } from "@video-backend/service";
import type { UploadDatabase } from "../database/open.ts";
import { chunks } from "../database/schema.ts";
import type { UploadDeps } from "../service.ts";
import { findUpload } from "../uploads/find-upload.ts";

/** Which chunk it is. */
export interface ChunkPlace {
  uploadId: string;
  index: number;
}

/**
 * Asked before a byte is written, where the form allows it, and again when the chunk is whole.
 *
 * @throws ServiceError `not_found`; `conflict` when the upload takes no more chunks; `invalid_request` for the index
 */
export function expectChunk(database: Pick<UploadDatabase, "select">, { uploadId, index }: ChunkPlace): void {
  const { state, totalChunks } = findUpload(database, uploadId);
  if (state !== "receiving") {
    throw new ServiceError("conflict", `An upload that is ${state} takes no more chunks`, {
      details: { upload_id: uploadId, state, accepted: ["receiving"] },
    });
  }
  if (index >= totalChunks) {
    const accepted = `an integer from 0 to ${totalChunks - 1} is expected, since total_chunks is ${totalChunks}`;
    throw new ServiceError("invalid_request", `index: ${accepted}; got ${index}`, {
      details: { problems: [{ field: "index", message: accepted }] },
    });
  }
}

/**
 * File and row change within one synchronous transaction: of two that come at once the later wins with both, and none
 * brings back the folder of an upload that was deleted while it came in.
 *
 * @throws what `expectChunk` throws; the temporary file is still there then
 */
export function placeChunk(deps: UploadDeps, place: ChunkPlace, temporaryPath: string): void {
  const { uploadId, index } = place;
  deps.database.transaction(
    (transaction) => {
      expectChunk(transaction, place);
      const received = { sizeBytes: statSync(temporaryPath).size, receivedAt: deps.now() };
      deps.chunks.place(temporaryPath, uploadId, index);
      transaction
        .insert(chunks)
        .values({ uploadId, index, ...received })
        .onConflictDoUpdate({ target: [chunks.uploadId, chunks.index], set: received })
        .run();
    },
    { behavior: "immediate" },
  );
}
