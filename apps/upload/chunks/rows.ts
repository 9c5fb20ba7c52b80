/** The rows of chunks: whether an upload takes one, what is here, and the row that acknowledges it. */
import { type Hold, ServiceError } from "@video-backend/service";
import { and, asc, desc, eq, gt, isNotNull, lt, sum } from "drizzle-orm";
import { fileTooLarge } from "../admission/admit.ts";
import type { Limits } from "../admission/limits.ts";
import type { Reads, Writes } from "../database/open.ts";
import { type ChunkRow, chunks, type UploadRow, uploads } from "../database/schema.ts";
import { findUpload, refuseClosed } from "../uploads/find-upload.ts";
import { fits, type InSource, type OtherChunks, type SourceRows, sizeBounds, wrongSize } from "./place.ts";

/** Which chunk it is. */
export interface ChunkName {
  uploadId: string;
  index: number;
}

/**
 * Asked before a byte is written, and again when the chunk is whole.
 *
 * @param index null while it is not known yet
 * @throws ServiceError `not_found`; `conflict` when the upload takes no chunks; `invalid_request` for the index
 */
export function expectOpen(database: Reads, uploadId: string, index: number | null): UploadRow {
  const upload = findUpload(database, uploadId);
  const { totalChunks, appendedBytes } = upload;
  refuseClosed(upload, "chunks");
  if (appendedBytes !== null) {
    const sentence = "This upload comes as one stream (tus, or from an address) and takes no chunks";
    throw new ServiceError("conflict", sentence, { details: { upload_id: uploadId } });
  }
  if (index !== null && index >= totalChunks) {
    const accepted = `an integer from 0 to ${totalChunks - 1} is expected, since total_chunks is ${totalChunks}`;
    throw new ServiceError("invalid_request", `index: ${accepted}; got ${index}`, {
      details: { problems: [{ field: "index", message: accepted }] },
    });
  }
  return upload;
}

/** The row of a chunk that is here. */
export function findChunk(database: Reads, { uploadId, index }: ChunkName): ChunkRow | null {
  return (
    database
      .select()
      .from(chunks)
      .where(and(eq(chunks.uploadId, uploadId), eq(chunks.index, index)))
      .get() ?? null
  );
}

/** All that are here, in ascending order of index; one each, however often it was sent. */
export function receivedChunks(database: Reads, uploadId: string): ChunkRow[] {
  return database.select().from(chunks).where(eq(chunks.uploadId, uploadId)).orderBy(asc(chunks.index)).all();
}

/** Those in files of their own, ascending. */
export function spooledChunks(database: Reads, uploadId: string): (ChunkRow & { spool: string })[] {
  const isSpooled = and(eq(chunks.uploadId, uploadId), isNotNull(chunks.spool));
  const rows = database.select().from(chunks).where(isSpooled).orderBy(asc(chunks.index)).all();
  return rows.filter((row): row is ChunkRow & { spool: string } => row.spool !== null);
}

/** Those in the source, as `place.ts` asks for them; each question is one look into an index. */
export function sourceRows(database: Reads, uploadId: string): SourceRows {
  const isInSource = and(eq(chunks.uploadId, uploadId), isNotNull(chunks.offsetBytes));
  const { index, offsetBytes, sizeBytes } = chunks;
  const rows = () => database.select({ index, offsetBytes, sizeBytes }).from(chunks);
  return {
    before: (at) =>
      inSource(
        rows()
          .where(and(isInSource, lt(index, at)))
          .orderBy(desc(index))
          .limit(1)
          .get(),
      ),
    after: (at) =>
      inSource(
        rows()
          .where(and(isInSource, gt(index, at)))
          .orderBy(asc(index))
          .limit(1)
          .get(),
      ),
  };
}

function inSource(row: Pick<ChunkRow, "index" | "offsetBytes" | "sizeBytes"> | undefined): InSource | null {
  return row && row.offsetBytes !== null ? { ...row, offsetBytes: row.offsetBytes } : null;
}

/** The chunks of an upload that are here, without this one. */
export function otherChunks(database: Reads, upload: UploadRow, present: ChunkRow | null): OtherChunks {
  return {
    count: () => receivedChunks(database, upload.id).length - (present ? 1 : 0),
    sizeBytes: upload.receivedBytes - (present?.sizeBytes ?? 0),
  };
}

/** A chunk that is whole and on the disk: in the source, or in a file of its own. */
export type WholeChunk = Pick<ChunkRow, "offsetBytes" | "spool" | "sizeBytes">;

/**
 * Acknowledges a chunk: from here on it is here. Whether the upload takes it is checked in the same transaction; whatever
 * happened while it came in, no chunk is added to an upload that was completed or deleted. Older senders of the same chunk
 * are superseded in the same moment.
 *
 * @returns the row that it replaces; `superseded` for a sender who was stopped
 * @throws what `expectOpen` throws; `invalid_request` for a wrong size, `too_large`
 */
export function commitChunk(
  transaction: Writes,
  { limits, now }: { limits: Limits; now: () => number },
  { uploadId, index }: ChunkName,
  chunk: WholeChunk,
  { hold, stop }: { hold: Hold; stop: AbortSignal },
): ChunkRow | null | "superseded" {
  const upload = expectOpen(transaction, uploadId, index);
  if (stop.aborted) return "superseded";
  const present = findChunk(transaction, { uploadId, index });
  const others = otherChunks(transaction, upload, present);
  const bounds = sizeBounds(upload, index, others, present !== null);
  if (!fits(bounds, chunk.sizeBytes)) throw wrongSize(index, bounds, chunk.sizeBytes);
  const receivedBytes = others.sizeBytes + chunk.sizeBytes;
  if (receivedBytes > limits.maxFileBytes) throw fileTooLarge(limits);
  const row = { ...chunk, receivedAt: now() };
  transaction
    .insert(chunks)
    .values({ uploadId, index, ...row })
    .onConflictDoUpdate({ target: [chunks.uploadId, chunks.index], set: row })
    .run();
  transaction.update(uploads).set({ receivedBytes, updatedAt: now() }).where(eq(uploads.id, uploadId)).run();
  void hold.supersede(new ServiceError("conflict", "A newer sender of this chunk was whole first"));
  return present;
}

/** Says that chunks are in the source now, unless another sender replaced them meanwhile. */
export function moveRows(
  transaction: Writes,
  uploadId: string,
  moved: readonly { index: number; spool: string; offsetBytes: number }[],
): void {
  for (const { index, spool, offsetBytes } of moved) {
    const isStillIt = and(eq(chunks.uploadId, uploadId), eq(chunks.index, index), eq(chunks.spool, spool));
    transaction.update(chunks).set({ offsetBytes, spool: null }).where(isStillIt).run();
  }
}

/** Forgets chunks whose bytes are gone, so that they are missing and sent again. */
export function forgetChunks(transaction: Writes, uploadId: string, isLost: (chunk: ChunkRow) => boolean): void {
  for (const { index } of receivedChunks(transaction, uploadId).filter(isLost)) {
    transaction
      .delete(chunks)
      .where(and(eq(chunks.uploadId, uploadId), eq(chunks.index, index)))
      .run();
  }
  const ofUpload = eq(chunks.uploadId, uploadId);
  const left = transaction
    .select({ bytes: sum(chunks.sizeBytes).mapWith(Number) })
    .from(chunks)
    .where(ofUpload)
    .get();
  transaction
    .update(uploads)
    .set({ receivedBytes: left?.bytes ?? 0 })
    .where(eq(uploads.id, uploadId))
    .run();
}

/** The indexes below `total` that are not among the received ones, ascending. */
export function missingIndexes(received: readonly number[], total: number): number[] {
  const here = new Set(received);
  return Array.from({ length: total }, (_, index) => index).filter((index) => !here.has(index));
}

/** So many are listed; a client that lacks more of them asks `GET /upload/{id}`. */
const listed = 1000;

/** The error for an upload that is not whole, as a complete that came too early is answered. */
export function missingChunks(database: Reads, { id, totalChunks }: UploadRow): ServiceError {
  const received = receivedChunks(database, id).map(({ index }) => index);
  const missing = missingIndexes(received, totalChunks);
  return new ServiceError("missing_chunks", `Missing chunks: expected ${totalChunks}, got ${received.length}`, {
    details: {
      expected: totalChunks,
      got: received.length,
      missing: missing.slice(0, listed),
      missing_count: missing.length,
    },
  });
}
