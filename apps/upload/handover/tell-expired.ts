/**
 * Tells metadata of uploads that expired, so that webhooks are told. What is to be told was written with the deletion, and is
 * forgotten when metadata has acknowledged it, so either may be killed at any moment: metadata takes the same upload once.
 */
import { isServiceError, messageOf, repeat } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { UploadDeps } from "../deps.ts";

type TellDeps = Pick<UploadDeps, "uploads" | "metadata" | "log">;

/** All that is to be told. While metadata is away it is left for the next time. */
export async function tellExpired({ uploads, metadata, log }: TellDeps, signal: AbortSignal): Promise<void> {
  for (const upload of await uploads.listExpired()) {
    const { id: uploadId } = upload;
    const json = {
      upload_id: uploadId,
      filename: upload.filename,
      title: upload.title,
      bytes_received: upload.receivedBytes,
      created_at: upload.createdAt,
      expired_at: upload.expiredAt,
    };
    try {
      await parseResponse(metadata.uploads.expired.$post({ json }, { init: { signal } }));
    } catch (error) {
      if (signal.aborted) return;
      if (!isServiceError(error, "invalid_request")) {
        log.debug({ uploadId, reason: messageOf(error) }, "metadata is told later that an upload expired");
        return;
      }
      log.error({ uploadId, reason: error.message }, "metadata does not take that an upload expired");
    }
    await uploads.forgetExpired(uploadId);
  }
}

/** Tells every so many seconds, until the signal aborts. */
export function keepTellingExpired(deps: TellDeps, everySeconds: number, signal: AbortSignal): Promise<void> {
  return repeat(() => tellExpired(deps, signal), { everySeconds, log: deps.log, signal });
}
