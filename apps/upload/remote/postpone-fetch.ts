/** What becomes of a fetch that failed: another try, later each time, or none. */
import { isServiceError, messageOf } from "@video-backend/service";
import { and, eq } from "drizzle-orm";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { retryDelaySeconds } from "../hand-over/retry-delay.ts";
import { findUpload, type StreamRow } from "../uploads/find-upload.ts";
import { hostOf } from "./remote-url.ts";
import type { RemoteSources } from "./request-once.ts";

/** A try that brings less counts as one that brought nothing: a server may not hold us for ever, a byte at a time. */
const progressBytes = 1024 ** 2;

/** Would be the same the next time. */
const lasting = ["forbidden", "invalid_request", "too_large"] as const;

/**
 * Notes the failure in the row.
 *
 * @param before the upload as it was before the try
 * @throws `error` itself for an upload that takes no more bytes: it is not of the fetch
 */
export function postponeFetch(deps: UploadDeps, remote: RemoteSources, before: StreamRow, error: unknown): void {
  const { database, log, now } = deps;
  const upload = findUpload(database, before.id);
  if (upload.state !== "receiving") throw error;
  const isFurther = (upload.appendedBytes ?? 0) - before.appendedBytes >= progressBytes;
  const failedTries = isFurther ? 1 : before.failedTries + 1;
  const isLasting = lasting.some((code) => isServiceError(error, code));
  const fetchGivenUp = isLasting || failedTries >= remote.mostTries;
  const told = isServiceError(error) ? error.message : "A fault of ours; see the log";
  database
    .update(uploads)
    .set({
      failedTries,
      fetchGivenUp,
      nextTryAt: now() + retryDelaySeconds(failedTries),
      error: isLasting || !fetchGivenUp ? told : `Given up after ${failedTries} tries in a row: ${told}`,
      updatedAt: now(),
    })
    .where(and(eq(uploads.id, upload.id), eq(uploads.state, "receiving")))
    .run();
  const line = {
    uploadId: upload.id,
    host: hostOf(new URL(upload.sourceUrl ?? "")),
    failedTries,
    reason: messageOf(error),
  };
  if (!isServiceError(error)) log.error({ ...line, err: error }, "a fetch failed");
  else log.warn(line, fetchGivenUp ? "a fetch is given up" : "a fetch is postponed");
}
