/**
 * Puts the chunks together as `originals/{id}/{filename}`. The store takes the finished file over whole or not at all, so
 * a source that is there is whole: that is what makes a second try after a crash safe at every point.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { messageOf, ServiceError } from "@video-backend/service";
import { and, eq } from "drizzle-orm";
import { missingChunks } from "../chunks/missing-chunks.ts";
import { type ReceivedChunk, receivedChunks } from "../chunks/received-chunks.ts";
import { chunks, type UploadRow } from "../database/schema.ts";
import type { UploadDeps } from "../service.ts";
import { findUpload } from "./find-upload.ts";
import { moveUpload } from "./move-upload.ts";

const readBytes = 1024 * 1024;

/**
 * Assembling to assembled, and the chunks are gone. When it fails the upload takes chunks again; when the signal aborts
 * it stays as it is, for the delete or the restart that follows.
 *
 * @throws ServiceError `missing_chunks` when a chunk is not what its row says; `storage_full`
 */
export async function assembleSource(deps: UploadDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  const upload = findUpload(deps.database, uploadId);
  const received = receivedChunks(deps.database, uploadId);
  try {
    const key = `originals/${uploadId}/${upload.filename}`;
    if (!(await deps.store.exists(key))) await deps.store.adopt(await wholeFile(deps, upload, received, signal), key);
  } catch (error) {
    if (!signal.aborted) moveUpload(deps.database, uploadId, "receiving", deps.now(), { error: messageOf(error) });
    throw storageFull(error) ?? error;
  }
  deps.database.transaction((transaction) => {
    const sourceSizeBytes = received.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
    moveUpload(transaction, uploadId, "assembled", deps.now(), { sourceSizeBytes, error: null });
    transaction.delete(chunks).where(eq(chunks.uploadId, uploadId)).run();
  });
  await deps.chunks.remove(uploadId);
}

/** A local file with all the bytes: the only chunk itself, or a copy of all in order, on disk before it is answered. */
async function wholeFile(
  deps: UploadDeps,
  upload: UploadRow,
  received: ReceivedChunk[],
  signal: AbortSignal,
): Promise<string> {
  if (upload.totalChunks === 1) return deps.chunks.pathOf(upload.id, 0);
  const path = deps.chunks.assemblyPath(upload.id);
  await using file = await open(path, "w");
  for (const chunk of received) {
    let sizeBytes = 0;
    try {
      const stream = createReadStream(deps.chunks.pathOf(upload.id, chunk.index), { highWaterMark: readBytes });
      for await (const bytes of stream) {
        signal.throwIfAborted();
        await file.writeFile(bytes);
        sizeBytes += bytes.length;
      }
    } catch (error) {
      if (!isMissingFile(error)) throw error;
    }
    if (sizeBytes !== chunk.sizeBytes) throw forgetChunk(deps, upload, chunk.index);
  }
  await file.sync();
  return path;
}

/** Somebody's hand, or a power cut: the row goes, so that the client sends the chunk again. */
function forgetChunk({ database, log }: UploadDeps, upload: UploadRow, index: number): ServiceError {
  log.error({ uploadId: upload.id, index }, "a received chunk is not what its row says");
  database
    .delete(chunks)
    .where(and(eq(chunks.uploadId, upload.id), eq(chunks.index, index)))
    .run();
  const indexes = receivedChunks(database, upload.id).map((chunk) => chunk.index);
  return missingChunks(indexes, upload.totalChunks);
}

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? error.code : undefined);

const isMissingFile = (error: unknown) => codeOf(error) === "ENOENT";

function storageFull(error: unknown): ServiceError | undefined {
  const full = codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT";
  return full ? new ServiceError("storage_full", "No room left to assemble the chunks", { cause: error }) : undefined;
}
