/**
 * Tells the other services of a video whose source is stored: metadata registers it, transcoding starts. Both requests may be
 * repeated, so a crash between an answer and its row does no harm.
 */
import { isDatabaseBusy } from "@video-backend/database/busy";
import { lookUpVideo } from "@video-backend/metadata/client";
import { errorCodes, isServiceError, messageOf, ServiceError } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { UploadDeps } from "../deps.ts";
import { findUpload, moveUpload, storedNameOf } from "../uploads/state.ts";
import type { UploadRecord } from "../uploads/store.ts";

export type HandOverDeps = Pick<UploadDeps, "uploads" | "metadata" | "transcoding" | "log" | "now">;

/**
 * As far as possible. A service that is down postpones the rest, a refusal ends it; neither is thrown, since the upload itself is
 * stored. What is thrown is the reason of the signal, or an internal error.
 */
export async function handOver(deps: HandOverDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  const { log } = deps;
  let upload = await findUpload(deps, uploadId);
  try {
    while (upload.state === "stored" || upload.state === "registered") {
      const next = upload.state === "stored" ? await register(deps, upload, signal) : await start(deps, upload, signal);
      upload = await moveUpload(deps, uploadId, next, { failedTries: 0, nextTryAt: 0, error: null });
    }
  } catch (error) {
    if (signal.aborted) throw error;
    // Nothing can be written about it; it is still due, and the background loop continues.
    if (isDatabaseBusy(error)) log.warn({ uploadId }, "another program holds the database; handing over is postponed");
    else if (isRefusal(error)) await refuse(deps, upload, error, signal);
    else await postpone(deps, upload, error);
  }
}

/** @throws ServiceError `not_found` if the video was deleted since an earlier try registered it */
async function register({ metadata }: HandOverDeps, upload: UploadRecord, signal: AbortSignal) {
  const { kind } = await lookUpVideo(metadata, upload.id, signal);
  if (kind === "deleted") throw new ServiceError("not_found", "The video was deleted");
  const filename = storedNameOf(upload);
  // A name that had to be shortened for the disk is kept as the title.
  const title = upload.title ?? (filename === upload.filename ? null : upload.filename);
  const json = { hash: upload.id, filename, title, ...(upload.visibility && { visibility: upload.visibility }) };
  await parseResponse(metadata.videos.$post({ json }, { init: { signal } }));
  return "registered" as const;
}

async function start({ transcoding }: HandOverDeps, upload: UploadRecord, signal: AbortSignal) {
  const json = { upload_id: upload.id, filename: storedNameOf(upload) };
  await parseResponse(transcoding.transcode.start.$post({ json }, { init: { signal } }));
  return "handed_over" as const;
}

/** An answer that the same request would get again. */
function isRefusal(error: unknown): error is ServiceError {
  return isServiceError(error) && errorCodes[error.code].status < 500;
}

async function postpone({ uploads, log, now }: HandOverDeps, upload: UploadRecord, error: unknown): Promise<void> {
  const { id: uploadId, state } = upload;
  const [failedTries, reason] = [upload.failedTries + 1, messageOf(error)];
  const delaySeconds = retryDelaySeconds(failedTries);
  log.warn({ uploadId, state, failedTries, delaySeconds, reason }, "postponed");
  await uploads.update(uploadId, { failedTries, nextTryAt: now() + delaySeconds, error: reason });
}

/** If metadata has the video already, it shows it as failed, with the reason. */
async function refuse(
  deps: HandOverDeps,
  upload: UploadRecord,
  refusal: ServiceError,
  signal: AbortSignal,
): Promise<void> {
  const { metadata, log } = deps;
  const { id: uploadId, state } = upload;
  log.error({ uploadId, state, reason: refusal.message }, "handing over was refused");
  if (state === "registered") {
    const json = { transcoding_status: "failed" as const, error: refusal.message };
    try {
      await parseResponse(metadata.videos[":hash"].$put({ param: { hash: uploadId }, json }, { init: { signal } }));
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isRefusal(error)) return await postpone(deps, upload, error);
      log.warn({ uploadId, reason: error.message }, "metadata does not show the refusal");
    }
  }
  await moveUpload(deps, uploadId, "refused", { error: refusal.message });
}

const maxDelaySeconds = 60;

/** @param failedTries consecutive ones: 2, 4, 8 … and at most 60 seconds */
export function retryDelaySeconds(failedTries: number): number {
  return Math.min(maxDelaySeconds, 2 ** failedTries);
}
