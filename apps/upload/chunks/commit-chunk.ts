/** The row of a chunk: written when all its bytes are in place, and doubted while others are put there. */
import { and, eq } from "drizzle-orm";
import { chunks, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { type ChunkName, expectChunk, placeNow } from "./find-chunk.ts";
import { unplaceable } from "./placement.ts";

/**
 * From here on the chunk counts. Whether the upload takes it, and whether its place is still the one it was put in, is
 * checked in the same transaction: whatever happened while it came in, no chunk is added to an upload that was completed
 * or deleted, and none where it does not belong.
 *
 * @param offset where its bytes are in the source
 * @throws what `expectChunk` throws; `conflict` or `invalid_request` when its place has become another
 */
export function commitChunk(deps: UploadDeps, name: ChunkName, offset: number, sizeBytes: number): void {
  const { uploadId, index } = name;
  const now = deps.now();
  deps.database.transaction(
    (transaction) => {
      const found = placeNow(transaction, name, sizeBytes);
      if ("error" in found) throw found.error;
      if (found.place.offset !== offset) throw unplaceable(index, "the chunks before it turned out to differ in size");
      const row = { offsetBytes: offset, sizeBytes, whole: true, receivedAt: now };
      transaction
        .insert(chunks)
        .values({ uploadId, index, ...row })
        .onConflictDoUpdate({ target: [chunks.uploadId, chunks.index], set: row })
        .run();
      const { learnsBytes } = found.place;
      const learned = learnsBytes === null ? {} : { learnedChunkSizeBytes: learnsBytes };
      transaction
        .update(uploads)
        .set({ ...learned, updatedAt: now })
        .where(eq(uploads.id, uploadId))
        .run();
    },
    { behavior: "immediate" },
  );
}

/**
 * Says that a chunk is not whole any more, before other bytes are put in its place: a crash in between leaves a chunk that
 * is missing, and none that is made of two.
 *
 * @throws what `expectChunk` throws
 */
export function doubtChunk(deps: UploadDeps, name: ChunkName): void {
  deps.database.transaction(
    (transaction) => {
      expectChunk(transaction, name);
      const isIt = and(eq(chunks.uploadId, name.uploadId), eq(chunks.index, name.index));
      transaction.update(chunks).set({ whole: false }).where(isIt).run();
    },
    { behavior: "immediate" },
  );
}
