/**
 * Appends to a source that is sent as one stream (tus, or fetched from a URL). How far the source is filled is one number in its
 * row, which advances only after the bytes before it are synced: what a crash leaves beyond it counts for nothing and is
 * overwritten. What was received before a connection broke counts.
 */
import type { FileHandle } from "node:fs/promises";
import { type Hold, messageOf, ServiceError } from "@video-backend/service";
import { fileTooLarge, type Limits, maxFileBytesOf } from "../admission/admit.ts";
import type { Meter } from "../admission/room.ts";
import { writeBody } from "../chunks/body.ts";
import type { UploadDeps } from "../deps.ts";
import { findOpenStream, findUpload, type StreamUpload } from "../uploads/state.ts";
import { openSource } from "./source-directory.ts";

export type AppendDeps = Pick<
  UploadDeps,
  "uploads" | "chunks" | "sources" | "room" | "limits" | "active" | "locks" | "log" | "now"
>;

export interface Append {
  /** Of the first byte: where the source is filled to. */
  offset: number;
  body: AsyncIterable<Uint8Array>;
  /** Cancels it; what was received before counts. */
  signal: AbortSignal;
}

/** At most so much of a long stream, or so many seconds of it, has to be sent again after a crash. */
const commitEveryBytes = 16 * 1024 ** 2;
const commitEverySeconds = 2;

/**
 * Of two that append to the same source the newer wins: the older is cancelled and waited for.
 *
 * @returns where the source is filled to
 * @throws ServiceError `not_found`; `conflict` for another offset, naming both, or an upload that takes no more bytes, or
 *   if it is superseded; `too_large`, `too_slow`, `storage_full`; `malformed_request` for a body that ends early; the reason of
 *   the signal
 */
export async function appendSource(deps: AppendDeps, uploadId: string, append: Append): Promise<number> {
  using active = deps.active.enter(uploadId);
  using hold = await takeOverSource(deps, uploadId);
  active.signal.throwIfAborted();
  const opened = await findOpenStream(deps, uploadId);
  using meter = deps.room.enter(uploadId);
  await meter.expect(0, opened);
  await using file = await openSource(deps, opened);
  // Read once more: a source may have lost bytes.
  const upload = await findOpenStream(deps, uploadId);
  const end = upload.appendedBytes;
  if (append.offset !== end) {
    throw new ServiceError("conflict", `${end} bytes are received; continue from there, not from ${append.offset}`, {
      details: { upload_id: uploadId, offset: append.offset, expected_offset: end },
    });
  }
  const signal = AbortSignal.any([append.signal, active.signal, hold.signal]);
  return await writeStream(deps, upload, file, { ...append, signal }, meter);
}

/**
 * Cancels whoever appends to this upload, and waits until that has stopped: a client whose connection broke comes back while its
 * old connection still seems open, and must not wait for that one to time out.
 *
 * @throws ServiceError `conflict` if it is superseded itself
 */
export function takeOverSource({ locks }: Pick<UploadDeps, "locks">, uploadId: string): Promise<Hold> {
  const sentence = "A newer request continues this upload; request its offset before sending more";
  const supersede = new ServiceError("conflict", sentence, { details: { upload_id: uploadId } });
  return locks.acquire(`append ${uploadId}`, { supersede });
}

async function writeStream(
  deps: AppendDeps,
  upload: StreamUpload,
  file: FileHandle,
  { offset, body, signal }: Append,
  meter: Meter,
): Promise<number> {
  const { now, sources, limits } = deps;
  let written = offset;
  let committed = offset;
  let committedAt = now();
  async function commit(): Promise<void> {
    if (committed === written) return;
    const end = written;
    await sources.sync(sources.pathOf(upload.id), file, "chunk");
    await advance(deps, upload.id, committed, end);
    meter.give(end - committed);
    committed = end;
    committedAt = now();
  }
  async function onWritten(sizeBytes: number): Promise<void> {
    written = offset + sizeBytes;
    if (written - committed >= commitEveryBytes || now() - committedAt >= commitEverySeconds) await commit();
  }

  try {
    const { stallSeconds } = limits;
    const limit = limitOf(limits, upload);
    await writeBody(body, { file, offset, ...limit, meter, signal, stallSeconds, onWritten });
  } catch (error) {
    await commit().catch((second: unknown) => {
      deps.log.warn({ uploadId: upload.id, reason: messageOf(second) }, "the end of a broken stream is not kept");
    });
    throw error;
  }
  await commit();
  return written;
}

/** From where the source is filled to: what was declared, or is accepted. */
function limitOf(limits: Limits, upload: StreamUpload) {
  const { fileSizeBytes, appendedBytes } = upload;
  const maxBytes = maxFileBytesOf(limits, upload);
  if (fileSizeBytes === null || fileSizeBytes > maxBytes) {
    return { limitBytes: maxBytes - appendedBytes, overlong: () => fileTooLarge(maxBytes) };
  }
  const details = { file_size: fileSizeBytes };
  const overlong = () =>
    new ServiceError("too_large", `${fileSizeBytes} bytes were declared; more were received`, { details });
  return { limitBytes: fileSizeBytes - appendedBytes, overlong };
}

async function advance(deps: Pick<UploadDeps, "uploads">, uploadId: string, from: number, to: number): Promise<void> {
  if (await deps.uploads.advance(uploadId, from, to)) return;
  const { state, appendedBytes } = await findUpload(deps, uploadId);
  const sentence = `The upload is ${state} and filled to ${appendedBytes}; it cannot grow from ${from}`;
  throw new ServiceError("conflict", sentence, { details: { upload_id: uploadId, state } });
}
