/**
 * Appends to a source that comes as one stream (tus, or from an address). How far the source is filled is one number in
 * its row, which moves only after the bytes before it are on the disk: what a cut line or a crash leaves beyond it counts
 * for nothing and is written over. What came before a line was cut counts.
 */
import type { FileHandle } from "node:fs/promises";
import { type Hold, messageOf, ServiceError } from "@video-backend/service";
import { and, eq } from "drizzle-orm";
import { fileTooLarge } from "../admission/admit.ts";
import type { Meter } from "../admission/room.ts";
import { asServiceError, paced, writeAll } from "../chunks/body.ts";
import { openSource } from "../chunks/move-in.ts";
import type { Writes } from "../database/open.ts";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { expectOpenStream, findUpload, type StreamRow } from "../uploads/state.ts";

export interface Append {
  /** Where the first byte goes: where the source is filled to. */
  offset: number;
  body: AsyncIterable<Uint8Array>;
  /** Ends it; what came before counts. */
  signal: AbortSignal;
}

/** So much of a long stream, or so many seconds of it, is sent again after a crash at most. */
const markEveryBytes = 16 * 1024 ** 2;
const markEverySeconds = 2;

/**
 * Of two that append to the same source at once the newer wins: the older is ended and waited for.
 *
 * @returns where the source is filled to
 * @throws ServiceError `not_found`; `conflict` for another offset, naming both, or an upload that takes no more bytes, or
 *   when a newer one took over; `too_large`, `too_slow`, `storage_full`; `malformed_request` for a body that breaks off;
 *   the reason of the signal
 */
export async function appendSource(deps: UploadDeps, uploadId: string, append: Append): Promise<number> {
  using visit = deps.work.enter(uploadId);
  using turn = await takeOverSource(deps, uploadId);
  visit.signal.throwIfAborted();
  const upload = expectOpenStream(deps.database, uploadId);
  using meter = deps.room.enter(uploadId);
  await meter.expect(0);
  await using file = await openSource(deps, uploadId);
  const filledTo = await checkedEnd(deps, upload, file);
  if (append.offset !== filledTo) throw otherOffset(uploadId, append.offset, filledTo);
  const signal = AbortSignal.any([append.signal, visit.signal, turn.signal]);
  return await writeOn(deps, upload, file, { ...append, signal }, meter);
}

/**
 * Ends whoever appends to this upload, waits until he has stopped, and takes his place: a client that was cut off comes back
 * while its old connection still seems open, and must not wait for that one to die.
 *
 * @throws ServiceError `conflict` when a newer one came meanwhile
 */
export function takeOverSource({ turns }: Pick<UploadDeps, "turns">, uploadId: string): Promise<Hold> {
  const sentence = "A newer request goes on with this upload; ask where it is before sending more";
  const supersede = new ServiceError("conflict", sentence, { details: { upload_id: uploadId } });
  return turns.acquire(`append ${uploadId}`, { supersede });
}

/** A source that is shorter than its row says (somebody's hand, a power cut under a laxer policy) goes on from its end. */
async function checkedEnd({ database, log }: UploadDeps, upload: StreamRow, file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  if (size >= upload.appendedBytes) return upload.appendedBytes;
  log.error({ uploadId: upload.id, sizeBytes: size }, "a source is shorter than its row says");
  database.update(uploads).set({ appendedBytes: size }).where(eq(uploads.id, upload.id)).run();
  return size;
}

async function writeOn(
  deps: UploadDeps,
  upload: StreamRow,
  file: FileHandle,
  append: Append,
  meter: Meter,
): Promise<number> {
  const { body, signal } = append;
  const maxBytes = Math.min(deps.limits.maxFileBytes, upload.fileSizeBytes ?? Number.POSITIVE_INFINITY);
  let written = append.offset;
  let marked = append.offset;
  let markedAt = deps.now();
  async function mark(): Promise<void> {
    if (marked === written) return;
    const end = written;
    await deps.sources.sync(deps.sources.pathOf(upload.id), file, "chunk");
    await deps.commit((transaction) => advance(transaction, deps, upload.id, marked, end));
    meter.give(end - marked);
    marked = end;
    markedAt = deps.now();
  }

  try {
    for await (const bytes of paced(body, { signal, stallSeconds: deps.limits.stallSeconds })) {
      if (written + bytes.length > maxBytes) throw overlong(deps, upload);
      await meter.take(bytes.length);
      signal.throwIfAborted();
      writeAll(file, bytes, written);
      written += bytes.length;
      if (written - marked >= markEveryBytes || deps.now() - markedAt >= markEverySeconds) await mark();
    }
  } catch (error) {
    await mark().catch((second: unknown) => {
      deps.log.warn({ uploadId: upload.id, reason: messageOf(second) }, "the end of a broken stream is not kept");
    });
    signal.throwIfAborted();
    throw asServiceError(error);
  }
  await mark();
  return written;
}

/** For a source that goes on beyond what was declared, or is accepted. */
function overlong({ limits }: UploadDeps, { fileSizeBytes }: StreamRow): ServiceError {
  if (fileSizeBytes === null || fileSizeBytes > limits.maxFileBytes) return fileTooLarge(limits);
  const details = { file_size: fileSizeBytes };
  return new ServiceError("too_large", `${fileSizeBytes} bytes were declared; more came`, { details });
}

function advance(database: Writes, { now }: Pick<UploadDeps, "now">, uploadId: string, from: number, to: number): void {
  const isAsBefore = and(eq(uploads.id, uploadId), eq(uploads.state, "receiving"), eq(uploads.appendedBytes, from));
  const [moved] = database
    .update(uploads)
    .set({ appendedBytes: to, updatedAt: now() })
    .where(isAsBefore)
    .returning({ id: uploads.id })
    .all();
  if (moved) return;
  const { state, appendedBytes } = findUpload(database, uploadId);
  throw new ServiceError(
    "conflict",
    `The upload is ${state} and filled to ${appendedBytes}; it cannot grow from ${from}`,
    {
      details: { upload_id: uploadId, state },
    },
  );
}

function otherOffset(uploadId: string, offset: number, filledTo: number): ServiceError {
  return new ServiceError(
    "conflict",
    `${filledTo} bytes of the source are here; go on from there, not from ${offset}`,
    {
      details: { upload_id: uploadId, offset, expected_offset: filledTo },
    },
  );
}
