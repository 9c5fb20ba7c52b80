/**
 * Moves chunks from files of their own into the source: those that had to wait, or were sent again. The row of such a chunk
 * names its file until its bytes are in the source and synced; only then it names the offset, and the file is removed. So a crash
 * costs a copy that is made again, and no acknowledged chunk.
 *
 * What has to be moved follows from the rows alone. They are read after each acknowledgement, whenever a writer releases a place
 * in the source, and by `complete`.
 */
import type { FileHandle } from "node:fs/promises";
import { messageOf, ServiceError } from "@video-backend/service";
import type { UploadDeps } from "../deps.ts";
import { openSource } from "../sources/source-directory.ts";
import type { UploadRecord } from "../uploads/store.ts";
import { offsetOf } from "./place.ts";
import type { ChunkRecord, Move } from "./store.ts";

export type GatherDeps = Pick<
  UploadDeps,
  "uploads" | "chunks" | "sources" | "room" | "active" | "locks" | "copyRange" | "log"
>;

/**
 * The holder of this key may write to the place of a chunk. With a declared size each chunk has one of its own; without it there
 * is one for all, behind the last chunk in the source.
 */
export const placeKey = ({ id, chunkSizeBytes }: UploadRecord, index: number): string =>
  chunkSizeBytes === null ? `source ${id}` : `source ${id} ${index}`;

/**
 * Moves this chunk, if its place is known, and those that can follow behind the last one in the source. If somebody else writes
 * there it does nothing: whoever releases the place calls this again, and reads the rows anew. Never throws: what fails stays in
 * its file, and `complete` reports it.
 */
export async function moveChunks(deps: GatherDeps, upload: UploadRecord, index: number): Promise<void> {
  const uploadId = upload.id;
  try {
    using active = deps.active.enter(uploadId);
    if (!(await isSpooledAt(deps, uploadId, index)) && !(await isSpooledAt(deps, uploadId, index + 1))) return;
    do {
      using place = deps.locks.tryAcquire(placeKey(upload, index));
      if (!place) return;
      while (await moveBatch(deps, upload, index, AbortSignal.any([active.signal, place.signal])));
    } while ((await nextMoves(deps, upload, index, 1)).length > 0);
  } catch (error) {
    deps.log.warn({ uploadId, index, reason: messageOf(error) }, "a chunk stays in a file of its own for now");
  }
}

async function isSpooledAt({ chunks }: Pick<GatherDeps, "chunks">, uploadId: string, index: number): Promise<boolean> {
  return isSpooled(await chunks.find({ uploadId, index }));
}

/** At most so much is copied between two syncs, if it is more than one chunk; so much of the disk is used twice. */
const maxBatchBytes = 16 * 1024 ** 2;
const maxBatchChunks = 256;

/** Those behind the last one in the source, else this one. */
async function nextMoves(
  { chunks }: Pick<GatherDeps, "chunks">,
  upload: UploadRecord,
  index: number,
  maxChunks = maxBatchChunks,
): Promise<Move[]> {
  const { id: uploadId, totalChunks, chunkSizeBytes } = upload;
  const moves: Move[] = [];
  if (chunkSizeBytes === null) {
    const { before: last } = await chunks.neighbours({ uploadId, index: totalChunks });
    let [next, end, bytes] = [(last?.index ?? -1) + 1, last ? last.offsetBytes + last.sizeBytes : 0, 0];
    for (; moves.length < maxChunks && bytes < maxBatchBytes; next++) {
      const chunk = await chunks.find({ uploadId, index: next });
      if (!isSpooled(chunk)) break;
      moves.push({ ...chunk, offsetBytes: end });
      [end, bytes] = [end + chunk.sizeBytes, bytes + chunk.sizeBytes];
    }
  }
  const chunk = moves.length === 0 ? await chunks.find({ uploadId, index }) : null;
  if (isSpooled(chunk)) {
    const neighbours = await chunks.neighbours({ uploadId, index });
    const offsetBytes = offsetOf(upload, neighbours, index, chunk.sizeBytes);
    if (offsetBytes !== null) moves.push({ ...chunk, offsetBytes });
  }
  return moves;
}

const isSpooled = (chunk: ChunkRecord | null): chunk is ChunkRecord & { spool: string } => chunk?.spool != null;

/** Run it while holding the place. */
async function moveBatch(deps: GatherDeps, upload: UploadRecord, index: number, signal: AbortSignal): Promise<boolean> {
  const uploadId = upload.id;
  const moves = await nextMoves(deps, upload, index);
  if (moves.length === 0) return false;
  await using source = await openSource(deps, upload);
  for (const move of moves) await copyChunk(deps, uploadId, move, source, move.offsetBytes, signal);
  await deps.sources.sync(deps.sources.pathOf(uploadId), source, "chunk");
  await deps.chunks.setMoved(uploadId, moves);
  for (const { spool } of moves) await deps.sources.removeKept(uploadId, spool);
  return true;
}

/** @throws ServiceError `missing_chunks` for a file that is lost or too short, whose row is deleted; `storage_full` */
async function copyChunk(
  deps: GatherDeps,
  uploadId: string,
  { index, spool, sizeBytes }: Pick<Move, "index" | "spool" | "sizeBytes">,
  to: FileHandle,
  offset: number,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  using meter = deps.room.enter(null);
  await meter.expect(sizeBytes);
  await using from = await deps.sources.openKept(uploadId, spool);
  if (!from || (await from.stat()).size < sizeBytes) {
    deps.log.error({ uploadId, index }, "the file of a chunk is lost; the client has to send it again");
    await deps.chunks.forget(uploadId, (chunk) => chunk.spool === spool);
    throw new ServiceError("missing_chunks", `Chunk ${index} is gone from the disk; send it again`);
  }
  await deps.copyRange({ from, start: 0, to, offset, sizeBytes }, signal);
}

/**
 * Brings every chunk into one file, in order and without a gap, for `complete`. That is the source itself once the last chunks
 * are moved; only if chunks were sent again in another size the source is rebuilt.
 *
 * @returns the path of the file
 * @throws as `copyChunk`; the reason of the signal
 */
export async function gatherChunks(deps: GatherDeps, upload: UploadRecord, signal: AbortSignal): Promise<string> {
  const { id } = upload;
  const closed = new ServiceError("conflict", `Upload ${id} is complete and takes no more chunks`);
  for (const { index } of (await deps.chunks.list(id)).filter(isSpooled)) {
    // A sender that still writes there sends a chunk that is acknowledged already, and that is not accepted any more.
    using place = await deps.locks.acquire(placeKey(upload, index), { supersede: closed, signal });
    while (await moveBatch(deps, upload, index, AbortSignal.any([signal, place.signal])));
  }
  const all = await deps.chunks.list(id);
  if (isInOrder(all)) return deps.sources.pathOf(id);
  deps.log.info({ uploadId: id }, "chunks were sent again in other sizes; the source is rebuilt");
  await using source = await openSource(deps, upload);
  await using anew = await deps.sources.createAnew(id);
  let offset = 0;
  for (const { index, spool, offsetBytes, sizeBytes } of all) {
    if (spool !== null) await copyChunk(deps, id, { index, spool, sizeBytes }, anew.file, offset, signal);
    else await deps.copyRange({ from: source, start: offsetBytes ?? 0, to: anew.file, offset, sizeBytes }, signal);
    offset += sizeBytes;
  }
  return anew.path;
}

function isInOrder(chunks: readonly ChunkRecord[]): boolean {
  let end = 0;
  for (const { offsetBytes, sizeBytes } of chunks) {
    if (offsetBytes !== end) return false;
    end += sizeBytes;
  }
  return true;
}
