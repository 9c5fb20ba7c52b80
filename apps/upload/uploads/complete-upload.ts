/** Completes an upload: from chunks to a source that transcoding works on. */

import { handOver } from "../hand-over/hand-over.ts";
import type { UploadDeps } from "../service.ts";
import { assembleSource } from "./assemble-source.ts";
import { closeUpload } from "./close-upload.ts";
import { findUpload } from "./find-upload.ts";
import { moveUpload } from "./move-upload.ts";

/**
 * Resolves once the source is whole. That metadata or transcoding is away is no error: the background loop goes on. Of
 * several calls at once one does the work and all share its outcome; a later one finds nothing to do.
 *
 * @throws ServiceError `not_found`, `missing_chunks`, `invalid_request` for a size that differs, `storage_full`
 */
export async function completeUpload(deps: UploadDeps, uploadId: string): Promise<void> {
  findUpload(deps.database, uploadId, "complete");
  await deps.work.join(uploadId, (signal) => finishUpload(deps, uploadId, signal));
}

/** Does whatever is left to do for an upload, from the state that it is in. Run it in `work.join` only. */
export async function finishUpload(deps: UploadDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  try {
    const { state } = findUpload(deps.database, uploadId, "complete");
    if (state === "receiving") closeUpload(deps, uploadId);
    if (state === "receiving" || state === "assembling") await assembleSource(deps, uploadId, signal);
    if (state === "refused") moveUpload(deps.database, uploadId, "assembled", deps.now());
    await handOver(deps, uploadId, signal);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
