/**
 * Completes an upload: from bytes that are all here to a source that transcoding works on. The row says how far that is, so
 * whoever comes next, a second request, the background loop or the service after a crash, goes on from there.
 */
import { open } from "node:fs/promises";
import { messageOf, ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import { storageFull } from "../chunks/body.ts";
import { digestMismatch, hashPart, sha256Digest } from "../chunks/digest.ts";
import { gatherChunks, openSource } from "../chunks/move-in.ts";
import { forgetChunks, missingChunks, receivedChunks } from "../chunks/rows.ts";
import type { Reads } from "../database/open.ts";
import { chunks, type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { handOver } from "../hand-over/hand-over.ts";
import { hashOriginal, originalKey } from "../sources/original.ts";
import { findUpload, isOpen, isStream, moveUpload } from "./state.ts";

/**
 * Resolves once the source is stored. That metadata or transcoding is away is no error: the background loop goes on. Of several
 * calls at once each waits for the one before it, and finds nothing left to do.
 *
 * @param sha256 what the whole file hashes to, where the client knows it; to check that, the file has to be read
 * @throws ServiceError `not_found`, `missing_chunks`; `conflict` for one that is still fetched from an address;
 *   `invalid_request` for a size that differs, `digest_mismatch`, `storage_full`
 */
export async function completeUpload(deps: UploadDeps, uploadId: string, sha256: string | null = null): Promise<void> {
  refuseFetching(findUpload(deps.database, uploadId, "complete"));
  await inTurn(deps, uploadId, (signal) => finishUpload(deps, uploadId, signal, sha256));
}

/** A part of a file must not pass for all of it, and whoever asks must not wait for as long as the fetch takes. */
function refuseFetching({ id, state, sourceUrl, appendedBytes }: UploadRow): void {
  if (sourceUrl === null || state !== "receiving") return;
  throw new ServiceError(
    "conflict",
    `The file is still fetched from its address, ${appendedBytes} bytes are here; it completes by itself`,
    { details: { upload_id: id, state } },
  );
}

/** Runs work that must not run twice at once for an upload: fetching it, completing it. The signal aborts with a delete. */
export async function inTurn(
  { work, turns }: Pick<UploadDeps, "work" | "turns">,
  uploadId: string,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  using visit = work.enter(uploadId);
  using _turn = await turns.acquire(turnKey(uploadId), { signal: visit.signal });
  await run(visit.signal);
}

/** True while something runs `inTurn`. */
export const isInTurn = ({ turns }: Pick<UploadDeps, "turns">, uploadId: string): boolean =>
  turns.isHeld(turnKey(uploadId));

const turnKey = (uploadId: string): string => `finish ${uploadId}`;

/** Does whatever is left to do for an upload, from the state that it is in. Run it `inTurn` only. */
export async function finishUpload(
  deps: UploadDeps,
  uploadId: string,
  signal: AbortSignal,
  sha256: string | null = null,
): Promise<void> {
  try {
    const upload = findUpload(deps.database, uploadId, "complete");
    if (isOpen(upload)) await storeSource(deps, await closeUpload(deps, uploadId, sha256), signal);
    if (upload.state === "refused") moveUpload(deps.database, uploadId, "stored", deps.now());
    await handOver(deps, uploadId, signal);
    if (sha256) refuseOther(uploadId, sha256, await hashOriginal(deps, uploadId, signal));
  } catch (error) {
    throw signal.aborted ? signal.reason : (storageFull(error) ?? error);
  }
}

/**
 * Receiving to completing, if every chunk is here and they add up: from here on no byte is taken. What the client said of the
 * whole is in the row before any work begins, so that whoever goes on after a crash checks it, too.
 *
 * @throws ServiceError `missing_chunks`; `invalid_request` when the bytes differ from the declared file size; `conflict`
 */
function closeUpload({ commit, now }: UploadDeps, uploadId: string, sha256: string | null): Promise<UploadRow> {
  return commit((transaction) => {
    const upload = findUpload(transaction, uploadId, "complete");
    const expectedSha256 = sha256?.toLowerCase() ?? upload.expectedSha256;
    if (upload.state === "completing") {
      transaction.update(uploads).set({ expectedSha256 }).where(eq(uploads.id, uploadId)).run();
      return { ...upload, expectedSha256 };
    }
    refuseMissing(transaction, upload);
    const { fileSizeBytes } = upload;
    const sizeBytes = sizeOf(upload);
    if (fileSizeBytes !== null && sizeBytes !== fileSizeBytes) {
      throw new ServiceError(
        "invalid_request",
        `The chunks add up to ${sizeBytes} bytes where file_size says ${fileSizeBytes}; send the wrong ones again`,
        { details: { expected_bytes: fileSizeBytes, received_bytes: sizeBytes } },
      );
    }
    return moveUpload(transaction, uploadId, "completing", now(), { error: null, expectedSha256 });
  });
}

const sizeOf = ({ appendedBytes, receivedBytes }: UploadRow): number => appendedBytes ?? receivedBytes;

function refuseMissing(database: Reads, upload: UploadRow): void {
  if (!isStream(upload)) {
    if (receivedChunks(database, upload.id).length < upload.totalChunks) throw missingChunks(database, upload);
    return;
  }
  const { id, appendedBytes, fileSizeBytes } = upload;
  if (appendedBytes === fileSizeBytes) return;
  const expected = fileSizeBytes ?? "an unknown number of";
  throw new ServiceError("missing_chunks", `${appendedBytes} of ${expected} bytes are here; send the rest`, {
    details: { upload_id: id, expected_bytes: fileSizeBytes, received_bytes: appendedBytes },
  });
}

/**
 * Completing to stored: the source becomes `originals/{id}/{name}`, and the rows of the chunks are gone. The store takes it
 * over whole or not at all, so a source that is there is whole, and was checked: that makes a second try safe at every point.
 * When it fails the upload takes bytes again; when the signal aborts it stays as it is, for the delete or the restart that
 * follows.
 */
async function storeSource(deps: UploadDeps, upload: UploadRow, signal: AbortSignal): Promise<void> {
  const { id } = upload;
  const key = originalKey(upload);
  let { sha256 } = upload;
  try {
    if (!(await deps.store.exists(key))) {
      const path = isStream(upload) ? deps.sources.pathOf(id) : await gatherChunks(deps, upload, signal);
      sha256 = await closeFile(deps, upload, path, signal);
      signal.throwIfAborted();
      await deps.store.adopt(path, key, signal);
    }
  } catch (error) {
    const reopened = { error: messageOf(error), expectedSha256: null, sha256: null };
    if (!signal.aborted) moveUpload(deps.database, id, "receiving", deps.now(), reopened);
    throw error;
  }
  const sourceSizeBytes = sizeOf(upload);
  await deps.commit((transaction) => {
    moveUpload(transaction, id, "stored", deps.now(), { sourceSizeBytes, sha256, error: null });
    transaction.delete(chunks).where(eq(chunks.uploadId, id)).run();
  });
  await deps.sources.remove(id);
}

/**
 * Every byte is in place: what is left is the length, the check, and the disk. A last chunk that came again, and shorter,
 * leaves a tail of what it was.
 *
 * @returns the SHA-256, where it was asked for
 */
async function closeFile(
  deps: UploadDeps,
  upload: UploadRow,
  path: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { id, expectedSha256 } = upload;
  await using _source = await openSource(deps, id);
  await using file = await open(path, "r+");
  const sizeBytes = sizeOf(upload);
  const { size } = await file.stat();
  if (size < sizeBytes) throw forgetBeyond(deps, upload, size);
  if (size > sizeBytes) await file.truncate(sizeBytes);
  if (expectedSha256 !== null) {
    refuseOther(id, expectedSha256, await hashPart(file, { algorithm: "sha256", start: 0, sizeBytes }, signal));
  }
  await deps.sources.sync(path, file, "complete");
  return expectedSha256;
}

/** Which of the chunks is wrong, only the client can find out. */
function refuseOther(uploadId: string, sha256: string, got: string): void {
  const expected = sha256Digest(sha256);
  if (got !== expected.hex) throw digestMismatch(`Upload ${uploadId}`, expected, got);
}

/** Somebody's hand, or a power cut under a laxer policy: the rows go, so that the client sends those chunks again. */
function forgetBeyond({ database, log }: UploadDeps, upload: UploadRow, sizeBytes: number): ServiceError {
  log.error({ uploadId: upload.id, sizeBytes }, "a source is shorter than its chunks say");
  if (isStream(upload)) {
    database.update(uploads).set({ appendedBytes: sizeBytes }).where(eq(uploads.id, upload.id)).run();
    return new ServiceError("missing_chunks", `Only ${sizeBytes} bytes of the source are there; go on from there`);
  }
  database.transaction((transaction) =>
    forgetChunks(transaction, upload.id, (chunk) => (chunk.offsetBytes ?? 0) + chunk.sizeBytes > sizeBytes),
  );
  return missingChunks(database, upload);
}
