/**
 * Completes an upload: from bytes that are all received to a source that transcoding works on. The row says how far that is, so
 * whoever comes next, a second request, the background loop or the service after a crash, resumes from there.
 */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { type Hold, messageOf, ServiceError } from "@video-backend/service";
import { storageFull } from "../chunks/body.ts";
import { digestMismatch, hashPart, sha256Digest } from "../chunks/digest.ts";
import { type GatherDeps, gatherChunks } from "../chunks/move-chunks.ts";
import type { UploadDeps } from "../deps.ts";
import { type HandOverDeps, handOver } from "../handover/hand-over.ts";
import { forgetBeyond, openSource } from "../sources/source-directory.ts";
import { missingIndexes } from "./present-upload.ts";
import { findUpload, isOpen, isStream, moveUpload, originalKey } from "./state.ts";
import type { UploadRecord } from "./store.ts";

export type FinishDeps = GatherDeps & HandOverDeps & Pick<UploadDeps, "store">;

/**
 * Resolves when the source is stored. That metadata or transcoding is down is no error: the background loop continues. Of several
 * concurrent calls each waits for the one before it, and finds nothing left to do.
 *
 * @param sha256 the hash of the whole file, if the client knows it; to check it the file has to be read
 * @returns the id of an earlier upload of the same bytes, if the hash is known and there is one
 * @throws ServiceError `not_found`, `missing_chunks`; `conflict` for one that is still fetched from a URL; `invalid_request` for
 *   a size that differs, `digest_mismatch`, `storage_full`
 */
export async function completeUpload(
  deps: FinishDeps,
  uploadId: string,
  sha256: string | null = null,
): Promise<string | null> {
  refuseFetching(await findUpload(deps, uploadId, "complete"));
  using active = deps.active.enter(uploadId);
  using _alone = await deps.locks.acquire(finishKey(uploadId), { signal: active.signal });
  await finishUpload(deps, uploadId, active.signal, sha256);
  return await deps.uploads.findDuplicate(await findUpload(deps, uploadId));
}

/** A part of a file must not pass for all of it, and the request must not wait for as long as the fetch takes. */
function refuseFetching({ id, state, sourceUrl, appendedBytes }: UploadRecord): void {
  if (sourceUrl === null || state !== "receiving") return;
  throw new ServiceError(
    "conflict",
    `The file is still fetched from its address, ${appendedBytes} bytes are here; it completes by itself`,
    { details: { upload_id: id, state } },
  );
}

/** Its holder is the only one that fetches or completes the upload. */
const finishKey = (uploadId: string): string => `finish ${uploadId}`;

/** For background work: null if the upload is being fetched or completed already. The signal aborts with a delete. */
export function tryFinishing({ active, locks }: Pick<UploadDeps, "active" | "locks">, uploadId: string): Hold | null {
  const alone = locks.tryAcquire(finishKey(uploadId));
  if (!alone) return null;
  const hold = active.enter(uploadId);
  const dispose = () => {
    alone[Symbol.dispose]();
    hold[Symbol.dispose]();
  };
  return { ...hold, [Symbol.dispose]: dispose };
}

/** Does whatever is left to do for an upload in its state. Call it while finishing is held. */
export async function finishUpload(
  deps: FinishDeps,
  uploadId: string,
  signal: AbortSignal,
  sha256: string | null = null,
): Promise<void> {
  try {
    const upload = await findUpload(deps, uploadId, "complete");
    if (isOpen(upload)) await storeSource(deps, await closeUpload(deps, uploadId, sha256), signal);
    if (upload.state === "refused") await moveUpload(deps, uploadId, "stored");
    await handOver(deps, uploadId, signal);
    if (sha256) refuseOther(uploadId, sha256, await hashOriginal(deps, uploadId, signal));
  } catch (error) {
    throw signal.aborted ? signal.reason : (storageFull(error) ?? error);
  }
}

/**
 * Receiving to completing, if every chunk is acknowledged and they add up: from here on no byte is accepted. The expected hash is
 * in the row before any work starts, so that it is checked also after a crash.
 *
 * @throws ServiceError `missing_chunks`; `invalid_request` if the bytes differ from the declared file size; `conflict`
 */
async function closeUpload(deps: FinishDeps, uploadId: string, sha256: string | null): Promise<UploadRecord> {
  const closed = await deps.uploads.close(uploadId, sha256?.toLowerCase() ?? null, (upload, chunks) => {
    expectWhole(upload, chunks);
    const { fileSizeBytes } = upload;
    const sizeBytes = sizeOf(upload);
    if (fileSizeBytes === null || sizeBytes === fileSizeBytes) return;
    throw new ServiceError(
      "invalid_request",
      `The chunks add up to ${sizeBytes} bytes where file_size says ${fileSizeBytes}; send the wrong ones again`,
      { details: { expected_bytes: fileSizeBytes, received_bytes: sizeBytes } },
    );
  });
  return closed ?? (await moveUpload(deps, uploadId, "completing"));
}

const sizeOf = ({ appendedBytes, receivedBytes }: UploadRecord): number => appendedBytes ?? receivedBytes;

/** @param received the indexes of the acknowledged chunks */
function expectWhole(upload: UploadRecord, received: readonly number[]): void {
  const { id, appendedBytes, fileSizeBytes, totalChunks } = upload;
  if (!isStream(upload)) {
    if (received.length < totalChunks) throw missingChunks(upload, received);
    return;
  }
  if (appendedBytes === fileSizeBytes) return;
  const expected = fileSizeBytes ?? "an unknown number";
  throw new ServiceError("missing_chunks", `${appendedBytes} bytes of ${expected} are here; send the rest`, {
    details: { upload_id: id, expected_bytes: fileSizeBytes, received_bytes: appendedBytes },
  });
}

/** At most so many are listed; a client that lacks more of them reads `GET /upload/{id}`. */
const maxListed = 1000;

function missingChunks({ totalChunks }: UploadRecord, received: readonly number[]): ServiceError {
  const missing = missingIndexes(received, totalChunks);
  return new ServiceError("missing_chunks", `Missing chunks: expected ${totalChunks}, got ${received.length}`, {
    details: {
      expected: totalChunks,
      got: received.length,
      missing: missing.slice(0, maxListed),
      missing_count: missing.length,
    },
  });
}

/**
 * Completing to stored: the source becomes `originals/{id}/{name}`, and the rows of the chunks are deleted. The store adopts it
 * entirely or not at all, so a source that is there is whole, and was checked: that makes a second try safe at every point. If it
 * fails the upload takes bytes again; if the signal aborts it stays as it is, for the delete or the restart that follows.
 */
async function storeSource(deps: FinishDeps, upload: UploadRecord, signal: AbortSignal): Promise<void> {
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
    if (!signal.aborted) await moveUpload(deps, id, "receiving", reopened);
    throw error;
  }
  const source = { sourceSizeBytes: sizeOf(upload), sha256 };
  if (!(await deps.uploads.finish(id, source))) await moveUpload(deps, id, "stored", source);
  await deps.sources.remove(id);
}

/**
 * Every byte is in place: what is left is the length, the hash, and the sync. A last chunk that was sent again, and shorter,
 * leaves a tail of what it was.
 *
 * @returns the SHA-256, if one was expected
 */
async function closeFile(
  deps: FinishDeps,
  upload: UploadRecord,
  path: string,
  signal: AbortSignal,
): Promise<string | null> {
  const { id, expectedSha256 } = upload;
  await using _source = await openSource(deps, upload);
  await using file = await open(path, "r+");
  const sizeBytes = sizeOf(upload);
  const { size } = await file.stat();
  if (size < sizeBytes) {
    await forgetBeyond(deps, upload, size);
    const left = await deps.chunks.list(id);
    expectWhole(
      await findUpload(deps, id),
      left.map(({ index }) => index),
    );
  }
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

/**
 * The SHA-256 of a stored source in lower-case hex, by which identical files are found. It is computed once and kept with the upload.
 *
 * @throws ServiceError `not_found` if the upload or its source is gone
 */
export async function hashOriginal(
  deps: Pick<UploadDeps, "uploads" | "store">,
  uploadId: string,
  signal: AbortSignal,
): Promise<string> {
  const upload = await findUpload(deps, uploadId);
  if (upload.sha256 !== null) return upload.sha256;
  const stored = await deps.store.open(originalKey(upload));
  if (!stored) throw new ServiceError("not_found", `The source of ${uploadId} is gone`);
  const hash = createHash("sha256");
  for await (const bytes of stored.blob.stream()) {
    signal.throwIfAborted();
    hash.update(bytes);
  }
  const sha256 = hash.digest("hex");
  await deps.uploads.update(uploadId, { sha256 });
  return sha256;
}
