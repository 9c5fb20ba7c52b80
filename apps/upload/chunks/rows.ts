/** The rows of chunks: whether an upload takes one, what is here, and the row that acknowledges it. */
import { type Hold, ServiceError } from "@video-backend/service";
import { and, asc, count, desc, eq, gt, isNotNull, lt, sql, sum } from "drizzle-orm";
import type { Limits } from "../admission/admit.ts";
import { fileTooLarge } from "../admission/admit.ts";
import type { Reads, UploadDatabase, Writes } from "../database/open.ts";
import { type ChunkRow, chunks, type UploadRow, uploads } from "../database/schema.ts";
import { refuseClosed, uploadNotFound } from "../uploads/state.ts";
import { fits, type InSource, type OtherChunks, type SourceRows, sizeBounds, wrongSize } from "./place.ts";

/** Which chunk it is. */
export interface ChunkName {
  uploadId: string;
  index: number;
}

/**
 * What every chunk asks of the database, as statements that are prepared once: to put their text together anew took three
 * quarters of the time of a small chunk. Each is a look into an index, however many chunks are here. They run in whatever
 * transaction is open on the connection.
 */
export type ChunkRows = ReturnType<typeof prepareChunkRows>;

export function prepareChunkRows(database: UploadDatabase) {
  const marks = { uploadId: sql.placeholder("uploadId"), index: sql.placeholder("index") };
  const isIt = and(eq(chunks.uploadId, marks.uploadId), eq(chunks.index, marks.index));
  const isInSource = and(eq(chunks.uploadId, marks.uploadId), isNotNull(chunks.offsetBytes));
  const { index, offsetBytes, sizeBytes } = chunks;
  const inSource = () => database.select({ index, offsetBytes, sizeBytes }).from(chunks).limit(1).$dynamic();
  const upload = database.select().from(uploads).where(eq(uploads.id, marks.uploadId)).prepare();
  const chunk = database.select().from(chunks).where(isIt).prepare();
  const before = inSource()
    .where(and(isInSource, lt(index, marks.index)))
    .orderBy(desc(index))
    .prepare();
  const after = inSource()
    .where(and(isInSource, gt(index, marks.index)))
    .orderBy(asc(index))
    .prepare();
  const counted = database
    .select({ chunks: count() })
    .from(chunks)
    .where(eq(chunks.uploadId, marks.uploadId))
    .prepare();
  const row = {
    offsetBytes: sql.placeholder("offsetBytes"),
    spool: sql.placeholder("spool"),
    sizeBytes: sql.placeholder("sizeBytes"),
    receivedAt: sql.placeholder("receivedAt"),
  };
  const replace = {
    offsetBytes: sql`excluded.offset_bytes`,
    spool: sql`excluded.spool`,
    sizeBytes: sql`excluded.size_bytes`,
    receivedAt: sql`excluded.received_at`,
  };
  const put = database
    .insert(chunks)
    .values({ ...marks, ...row })
    .onConflictDoUpdate({ target: [chunks.uploadId, chunks.index], set: replace })
    .prepare();
  const setReceived = database
    .update(uploads)
    .set({ receivedBytes: sql`${sql.placeholder("receivedBytes")}`, updatedAt: sql`${sql.placeholder("updatedAt")}` })
    .where(eq(uploads.id, marks.uploadId))
    .prepare();

  const placed = (
    found: (Omit<InSource, "offsetBytes"> & { offsetBytes: number | null }) | undefined,
  ): InSource | null => (found && found.offsetBytes !== null ? { ...found, offsetBytes: found.offsetBytes } : null);
  return {
    upload: (uploadId: string): UploadRow | null => upload.get({ uploadId }) ?? null,
    /** The row of a chunk that is here. */
    find: (name: ChunkName): ChunkRow | null => chunk.get({ ...name }) ?? null,
    /** Those in the source, as `place.ts` asks for them. */
    inSource: (uploadId: string): SourceRows => ({
      before: (at) => placed(before.get({ uploadId, index: at })),
      after: (at) => placed(after.get({ uploadId, index: at })),
    }),
    /** The chunks of an upload that are here, without this one. */
    others: ({ id, receivedBytes }: UploadRow, present: ChunkRow | null): OtherChunks => ({
      count: () => (counted.get({ uploadId: id })?.chunks ?? 0) - (present ? 1 : 0),
      sizeBytes: receivedBytes - (present?.sizeBytes ?? 0),
    }),
    /** Adds the row of a chunk or replaces it, and says what the upload has by then. */
    put(name: ChunkName, whole: WholeChunk, receivedBytes: number, now: number): void {
      put.run({ ...name, ...whole, receivedAt: now });
      setReceived.run({ uploadId: name.uploadId, receivedBytes, updatedAt: now });
    },
  };
}

/**
 * Asked before a byte is written, and again when the chunk is whole.
 *
 * @param index null while it is not known yet
 * @throws ServiceError `not_found`; `conflict` when the upload takes no chunks; `invalid_request` for the index
 */
export function expectOpen(rows: ChunkRows, uploadId: string, index: number | null): UploadRow {
  const upload = rows.upload(uploadId);
  if (!upload) throw uploadNotFound(uploadId);
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

/** A chunk that is whole and on the disk: in the source, or in a file of its own. */
export type WholeChunk = Pick<ChunkRow, "offsetBytes" | "spool" | "sizeBytes">;

/**
 * Acknowledges a chunk: from here on it is here. Run it in a transaction: whether the upload takes it is checked there, and
 * whatever happened while it came in, no chunk is added to an upload that was completed or deleted. Older senders of the
 * same chunk are superseded in the same moment.
 *
 * @returns the row that it replaces; `superseded` for a sender who was stopped
 * @throws what `expectOpen` throws; `invalid_request` for a wrong size, `too_large`
 */
export function commitChunk(
  { rows, limits, now }: { rows: ChunkRows; limits: Limits; now: () => number },
  name: ChunkName,
  chunk: WholeChunk,
  { hold, stop }: { hold: Hold; stop: AbortSignal },
): ChunkRow | null | "superseded" {
  const { uploadId, index } = name;
  const upload = expectOpen(rows, uploadId, index);
  if (stop.aborted) return "superseded";
  const present = rows.find(name);
  const others = rows.others(upload, present);
  const bounds = sizeBounds(upload, index, others, present !== null);
  if (!fits(bounds, chunk.sizeBytes)) throw wrongSize(index, bounds, chunk.sizeBytes);
  const receivedBytes = others.sizeBytes + chunk.sizeBytes;
  if (receivedBytes > limits.maxFileBytes) throw fileTooLarge(limits);
  rows.put(name, chunk, receivedBytes, now());
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
