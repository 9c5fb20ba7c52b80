/**
 * From files of their own into the source: the chunks that had to wait, or that came again. The row of such a chunk names its
 * file until the bytes are in the source and on the disk; only then it says where they are, and the file goes. So a crash at
 * any moment costs a copy that is made again, and no chunk that was acknowledged.
 *
 * What is to be done follows from the rows alone. It is looked for whenever a chunk is acknowledged, whenever the source is
 * released by somebody who wrote to it, and by `complete`.
 */
import type { FileHandle } from "node:fs/promises";
import { messageOf, ServiceError } from "@video-backend/service";
import type { ChunkRow, UploadRow } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { offsetOf } from "./place.ts";
import { forgetChunks, moveRows, receivedChunks, spooledChunks } from "./rows.ts";

/**
 * Whoever holds this key may write to the place of a chunk. With a declared size each has one of its own; without it there is
 * one for all, behind the last one that is in the source.
 */
export const placeKey = ({ id, chunkSizeBytes }: Pick<UploadRow, "id" | "chunkSizeBytes">, index: number): string =>
  chunkSizeBytes === null ? `source ${id}` : `source ${id} ${index}`;

/** A chunk in a file of its own, and where in the source it goes. */
interface Move {
  index: number;
  spool: string;
  sizeBytes: number;
  offsetBytes: number;
}

/** So much is copied between two syncs at most, if it is more than one chunk; so much of the disk is used twice. */
const maxBatchBytes = 16 * 1024 ** 2;
const maxBatchChunks = 256;

type Deps = Pick<
  UploadDeps,
  "database" | "rows" | "commit" | "sources" | "room" | "work" | "turns" | "copyRange" | "log"
>;

/**
 * Moves this chunk in, if its place is known, and those that can follow behind the last one. While somebody else writes to
 * that place, nothing is done: he looks again when he has done. Never throws: what fails stays in its file, where it is safe,
 * and is told when `complete` fails for it.
 */
export async function moveIn(deps: Deps, upload: UploadRow, index: number): Promise<void> {
  const uploadId = upload.id;
  try {
    using work = deps.work.enter(uploadId);
    using place = deps.turns.tryAcquire(placeKey(upload, index));
    if (place) await moveBatches(deps, upload, index, AbortSignal.any([work.signal, place.signal]));
  } catch (error) {
    deps.log.warn({ uploadId, index, reason: messageOf(error) }, "a chunk stays in a file of its own for now");
  }
}

/** This one, else those behind the last one that is in the source. */
function nextMoves({ rows }: Pick<Deps, "rows">, upload: UploadRow, index: number): Move[] {
  const uploadId = upload.id;
  const named = moveOf(rows.find({ uploadId, index }));
  if (upload.chunkSizeBytes !== null) return named ? [named(index * upload.chunkSizeBytes)] : [];
  const inSource = rows.inSource(uploadId);
  const last = inSource.before(upload.totalChunks);
  const moves: Move[] = [];
  let [next, end, bytes] = [(last?.index ?? -1) + 1, last ? last.offsetBytes + last.sizeBytes : 0, 0];
  for (; moves.length < maxBatchChunks && bytes < maxBatchBytes; next++) {
    const move = moveOf(rows.find({ uploadId, index: next }));
    if (!move) break;
    moves.push(move(end));
    const { sizeBytes } = moves.at(-1) as Move;
    [end, bytes] = [end + sizeBytes, bytes + sizeBytes];
  }
  if (moves.length > 0 || !named) return moves;
  const offset = offsetOf(upload, inSource, index, named(0).sizeBytes);
  return offset === null ? [] : [named(offset)];
}

function moveOf(row: ChunkRow | null): ((offsetBytes: number) => Move) | null {
  if (row?.spool == null) return null;
  const { index, spool, sizeBytes } = row;
  return (offsetBytes) => ({ index, spool, sizeBytes, offsetBytes });
}

/** Ends in the turn in which nothing is left to do: whoever acknowledges a chunk later finds the place free. */
async function moveBatches(deps: Deps, upload: UploadRow, index: number, signal: AbortSignal): Promise<void> {
  const uploadId = upload.id;
  const next = () => nextMoves(deps, upload, index);
  for (let moves = next(); moves.length > 0; moves = next()) {
    await using source = await openSource(deps, uploadId);
    for (const move of moves) await copyChunk(deps, uploadId, move, source, move.offsetBytes, signal);
    await deps.sources.sync(deps.sources.pathOf(uploadId), source, "chunk");
    await deps.commit((transaction) => moveRows(transaction, uploadId, moves));
    for (const { spool } of moves) await deps.sources.removeKept(uploadId, spool);
  }
}

/** @throws ServiceError `missing_chunks` for a file that is gone or too short, whose row goes; `storage_full` */
async function copyChunk(
  deps: Deps,
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
    deps.log.error({ uploadId, index }, "the file of a chunk is gone; it has to come again");
    await deps.commit((transaction) => forgetChunks(transaction, uploadId, (chunk) => chunk.spool === spool));
    throw new ServiceError("missing_chunks", `Chunk ${index} is gone from the disk; send it again`);
  }
  await deps.copyRange({ from, start: 0, to, offset, sizeBytes }, signal);
}

/**
 * Every chunk in one file, in order and without a gap, as `complete` needs it. That is the source itself, once the last
 * chunks are in it; unless chunks came again in another size, which leaves no way but to put all together anew.
 *
 * @returns the path of the file
 * @throws as `copyChunk`; the reason of the signal
 */
export async function gatherChunks(deps: Deps, upload: UploadRow, signal: AbortSignal): Promise<string> {
  const { id } = upload;
  for (const { index } of spooledChunks(deps.database, id)) {
    // A sender who still writes there brings a chunk that is here already, and that the upload takes no more.
    using place = await deps.turns.acquire(placeKey(upload, index), { supersede: closed(id), signal });
    await moveBatches(deps, upload, index, AbortSignal.any([signal, place.signal]));
  }
  const rows = receivedChunks(deps.database, id);
  if (isInOrder(rows)) return deps.sources.pathOf(id);
  deps.log.info({ uploadId: id }, "chunks came again in other sizes; the source is put together anew");
  await using source = await openSource(deps, id);
  await using anew = await deps.sources.createAnew(id);
  let offset = 0;
  for (const { index, spool, offsetBytes, sizeBytes } of rows) {
    if (spool !== null) await copyChunk(deps, id, { index, spool, sizeBytes }, anew.file, offset, signal);
    else await deps.copyRange({ from: source, start: offsetBytes ?? 0, to: anew.file, offset, sizeBytes }, signal);
    offset += sizeBytes;
  }
  return anew.path;
}

const closed = (uploadId: string): ServiceError =>
  new ServiceError("conflict", `Upload ${uploadId} is complete and takes no more chunks`);

function isInOrder(rows: readonly ChunkRow[]): boolean {
  let end = 0;
  for (const { offsetBytes, sizeBytes } of rows) {
    if (offsetBytes !== end) return false;
    end += sizeBytes;
  }
  return true;
}

/**
 * Opens the source of an upload. Init has made it. One that is gone (somebody's hand, another disk) has taken the chunks with
 * it: their rows go, so that they are missing and not zeros, and a new source is begun.
 */
export async function openSource(
  { sources, database, log }: Pick<UploadDeps, "sources" | "database" | "log">,
  uploadId: string,
): Promise<FileHandle> {
  const source = await sources.open(uploadId);
  if (source) return source;
  log.error({ uploadId }, "the source of an upload is gone; its chunks have to come again");
  const kept = new Set(sources.keptNames(uploadId));
  database.transaction((transaction) =>
    forgetChunks(transaction, uploadId, ({ spool }) => spool === null || !kept.has(spool)),
  );
  await sources.create(uploadId);
  const begun = await sources.open(uploadId);
  if (!begun) throw new Error(`The source of ${uploadId} was made and is gone again`);
  return begun;
}
