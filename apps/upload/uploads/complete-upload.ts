/** Completes an upload: from bytes that are in place to a source that transcoding works on. */
import { ServiceError } from "@video-backend/service";
import { digestMismatch, sha256Digest } from "../chunks/digest.ts";
import { storageFull } from "../chunks/write-body.ts";
import type { UploadRow } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { handOver } from "../hand-over/hand-over.ts";
import { finishSource } from "../sources/finish-source.ts";
import { hashSource } from "../sources/hash-source.ts";
import { closeUpload } from "./close-upload.ts";
import { findUpload } from "./find-upload.ts";
import { moveUpload } from "./move-upload.ts";

/**
 * Resolves once the source is whole. That metadata or transcoding is away is no error: the background loop goes on. Of
 * several calls at once one does the work and all share its outcome; a later one finds nothing to do.
 *
 * @param sha256 what the whole file hashes to, where the client knows it; to check that, the file has to be read
 * @throws ServiceError `not_found`, `missing_chunks`; `conflict` for one that is still fetched from an address; `invalid_request` for a size that differs, `digest_mismatch`,
 *   `storage_full`
 */
export async function completeUpload(deps: UploadDeps, uploadId: string, sha256: string | null = null): Promise<void> {
  refuseFetching(findUpload(deps.database, uploadId, "complete"));
  await deps.work.join(uploadId, (signal) => finishUpload(deps, uploadId, signal, sha256));
  if (sha256) await deps.work.join(uploadId, (signal) => refuseOther(deps, uploadId, sha256, signal));
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

/** Does whatever is left to do for an upload, from the state that it is in. Run it in `work.join` only. */
export async function finishUpload(
  deps: UploadDeps,
  uploadId: string,
  signal: AbortSignal,
  sha256: string | null = null,
): Promise<void> {
  try {
    const { state } = findUpload(deps.database, uploadId, "complete");
    if (state === "receiving") {
      closeUpload(deps, uploadId);
      if (sha256) await verify(deps, uploadId, sha256, signal);
    }
    if (state === "receiving" || state === "assembling") await finishSource(deps, uploadId, signal);
    if (state === "refused") moveUpload(deps.database, uploadId, "assembled", deps.now());
    await handOver(deps, uploadId, signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : (storageFull(error) ?? error);
  }
}

/** A file that is another one takes chunks again: which of them is wrong, only the client can find out. */
async function verify(deps: UploadDeps, uploadId: string, sha256: string, signal: AbortSignal): Promise<void> {
  try {
    await refuseOther(deps, uploadId, sha256, signal);
  } catch (error) {
    if (!signal.aborted) moveUpload(deps.database, uploadId, "receiving", deps.now(), { sha256: null });
    throw error;
  }
}

async function refuseOther(deps: UploadDeps, uploadId: string, sha256: string, signal: AbortSignal): Promise<void> {
  const expected = sha256Digest(sha256);
  const got = await hashSource(deps, uploadId, signal);
  if (got !== expected.hex) throw digestMismatch(`Upload ${uploadId}`, expected, got);
}
