/**
 * Tells the others of a video whose source is whole: metadata registers it, transcoding starts. Both may be told twice
 * without harm, so a crash between an answer and its row costs nothing.
 */
import { isDatabaseBusy } from "@video-backend/database";
import { lookUpVideo } from "@video-backend/metadata/client";
import { errorCodes, isServiceError, messageOf, ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import { parseResponse } from "hono/client";
import { type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { storedNameOf } from "../sources/original.ts";
import { findUpload, moveUpload } from "../uploads/state.ts";

/**
 * As far as it gets. A service that is away postpones the rest, a refusal ends it; neither is thrown, since the upload
 * itself is well. What is thrown is the signal's doing, or a fault of ours.
 */
export async function handOver(deps: UploadDeps, uploadId: string, signal: AbortSignal): Promise<void> {
  const { log } = deps;
  let upload = findUpload(deps.database, uploadId);
  try {
    while (upload.state === "stored" || upload.state === "registered") {
      const next = upload.state === "stored" ? await register(deps, upload, signal) : await start(deps, upload, signal);
      upload = moveUpload(deps.database, uploadId, next, deps.now(), { failedTries: 0, nextTryAt: 0, error: null });
    }
  } catch (error) {
    if (signal.aborted) throw error;
    // Nothing can be written down of it; it is due still, and the background loop goes on.
    if (isDatabaseBusy(error)) log.warn({ uploadId }, "another program holds the database; handing over is postponed");
    else if (isRefusal(error)) await refuse(deps, upload, error, signal);
    else postpone(deps, upload, error);
  }
}

/** @throws ServiceError `not_found` when the video was deleted since it was registered by an earlier try */
async function register({ metadata }: UploadDeps, upload: UploadRow, signal: AbortSignal) {
  const { kind } = await lookUpVideo(metadata, upload.id, signal);
  if (kind === "deleted") throw new ServiceError("not_found", "The video was deleted");
  const filename = storedNameOf(upload);
  // A name that had to be shortened for the disk is kept where people read it.
  const title = upload.title ?? (filename === upload.filename ? null : upload.filename);
  const json = { hash: upload.id, filename, title };
  await parseResponse(metadata.videos.$post({ json }, { init: { signal } }));
  return "registered" as const;
}

async function start({ transcoding }: UploadDeps, upload: UploadRow, signal: AbortSignal) {
  const json = { upload_id: upload.id, filename: storedNameOf(upload) };
  await parseResponse(transcoding.transcode.start.$post({ json }, { init: { signal } }));
  return "handed_over" as const;
}

/** An answer that the same question would get again. */
function isRefusal(error: unknown): error is ServiceError {
  return isServiceError(error) && errorCodes[error.code].status < 500;
}

function postpone({ database, log, now }: UploadDeps, upload: UploadRow, error: unknown): void {
  const failedTries = upload.failedTries + 1;
  const delaySeconds = retryDelaySeconds(failedTries);
  log.warn(
    { uploadId: upload.id, state: upload.state, failedTries, delaySeconds, reason: messageOf(error) },
    "postponed",
  );
  database
    .update(uploads)
    .set({ failedTries, nextTryAt: now() + delaySeconds, error: messageOf(error), updatedAt: now() })
    .where(eq(uploads.id, upload.id))
    .run();
}

/** The video is shown as failed, with the reason, where metadata knows it already. */
async function refuse(deps: UploadDeps, upload: UploadRow, refusal: ServiceError, signal: AbortSignal): Promise<void> {
  const { metadata, log, database, now } = deps;
  log.error({ uploadId: upload.id, state: upload.state, reason: refusal.message }, "handing over was refused");
  if (upload.state === "registered") {
    const json = { transcoding_status: "failed" as const, error: refusal.message };
    try {
      await parseResponse(metadata.videos[":hash"].$put({ param: { hash: upload.id }, json }, { init: { signal } }));
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isRefusal(error)) return postpone(deps, upload, error);
      log.warn({ uploadId: upload.id, reason: error.message }, "metadata does not show the refusal");
    }
  }
  moveUpload(database, upload.id, "refused", now(), { error: refusal.message });
}

const longestSeconds = 60;

/**
 * How long to leave a service alone that was away.
 *
 * @param failedTries in a row, this one included: 2, 4, 8 … and at most 60 seconds
 */
export function retryDelaySeconds(failedTries: number): number {
  return Math.min(longestSeconds, 2 ** failedTries);
}
