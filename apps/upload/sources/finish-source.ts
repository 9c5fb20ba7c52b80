/**
 * From a source in the making to `originals/{id}/{name}`. Every byte is in place already: what is left is its length, the
 * disk, and a rename, none of which takes longer for a larger file; or a copy, where originals are on another file system.
 * The store takes it over whole or not at all, so a source that is there is whole: that is what makes a second try after a
 * crash safe at every point.
 */
import { messageOf, ServiceError } from "@video-backend/service";
import { and, eq, gt } from "drizzle-orm";
import { missingChunks } from "../chunks/missing-chunks.ts";
import { openSource } from "../chunks/open-source.ts";
import { receivedChunks } from "../chunks/received-chunks.ts";
import { storageFull } from "../chunks/write-body.ts";
import { chunks, type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { findUpload } from "../uploads/find-upload.ts";
import { moveUpload } from "../uploads/move-upload.ts";
import { originalKey } from "./original-key.ts";
import { sizeOf } from "./size-of.ts";

/**
 * Assembling to assembled, and the rows of the chunks are gone. When it fails the upload takes chunks again; when the
 * signal aborts it stays as it is, for the delete or the restart that follows.
 *
 * @throws ServiceError `missing_chunks` when the file is not what the rows say; `storage_full`
 */
export async function finishSource(deps: UploadDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  const upload = findUpload(deps.database, uploadId);
  const sourceSizeBytes = sizeOf(deps.database, upload);
  try {
    const key = originalKey(upload);
    if (!(await deps.store.exists(key))) {
      await close(deps, upload, sourceSizeBytes);
      signal.throwIfAborted();
      await deps.store.adopt(deps.sources.pathOf(uploadId), key, signal);
    }
  } catch (error) {
    if (!signal.aborted) moveUpload(deps.database, uploadId, "receiving", deps.now(), { error: messageOf(error) });
    throw storageFull(error) ?? error;
  }
  deps.database.transaction((transaction) => {
    moveUpload(transaction, uploadId, "assembled", deps.now(), { sourceSizeBytes, error: null });
    transaction.delete(chunks).where(eq(chunks.uploadId, uploadId)).run();
  });
  await deps.sources.remove(uploadId);
}

/** A last chunk that came again, and shorter, leaves a tail of what it was. */
async function close(deps: UploadDeps, upload: UploadRow, sizeBytes: number): Promise<void> {
  await using file = await openSource(deps, upload.id);
  const { size } = await file.stat();
  if (size < sizeBytes) throw forgetBeyond(deps, upload, size);
  if (size > sizeBytes) await file.truncate(sizeBytes);
  await deps.sources.sync(upload.id, file, "complete");
}

/** Somebody's hand, or a power cut under a laxer policy: the rows go, so that the client sends those chunks again. */
function forgetBeyond({ database, log }: UploadDeps, upload: UploadRow, sizeBytes: number): ServiceError {
  log.error({ uploadId: upload.id, sizeBytes }, "a source is shorter than its chunks say");
  if (upload.appendedBytes !== null) {
    database.update(uploads).set({ appendedBytes: sizeBytes }).where(eq(uploads.id, upload.id)).run();
    return new ServiceError("missing_chunks", `Only ${sizeBytes} bytes of the source are there; go on from there`);
  }
  for (const chunk of receivedChunks(database, upload.id)) {
    if (chunk.offsetBytes + chunk.sizeBytes <= sizeBytes) continue;
    const isIt = and(eq(chunks.uploadId, upload.id), gt(chunks.index, chunk.index - 1));
    database.delete(chunks).where(isIt).run();
    break;
  }
  const here = receivedChunks(database, upload.id).map(({ index }) => index);
  return missingChunks(here, upload.totalChunks);
}
