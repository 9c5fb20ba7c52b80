/**
 * Fetches sources from their URLs, in the background, a few concurrently. What is to be fetched is in the rows alone, so a restart
 * forgets nothing. A try resumes where the last one ended, if the server says that the file is still the same; otherwise it
 * starts with the first byte again.
 */

import { hostOf, openRemote, parseRemoteUrl, type RemoteAnswer, withoutQuery } from "@video-backend/remote";
import { isServiceError, messageOf, repeat, ServiceError } from "@video-backend/service";
import { fileTooLarge } from "../admission/admit.ts";
import type { RemoteSources, UploadDeps } from "../deps.ts";
import { retryDelaySeconds } from "../handover/hand-over.ts";
import { appendSource } from "../sources/append-source.ts";
import { type FinishDeps, finishUpload, tryFinishing } from "../uploads/complete-upload.ts";
import { findOpenStream, findUpload, type StreamUpload } from "../uploads/state.ts";
import type { UploadFields } from "../uploads/store.ts";
import { fileOf, type RemoteFile, sizeBeyondEnd } from "./remote-file.ts";

type Deps = FinishDeps & Pick<UploadDeps, "limits">;

/**
 * Fetches what is missing and completes the upload. A failure is noted in its row, with the time of the next try or that there is
 * none. Call it while finishing is held.
 *
 * @throws the reason of the signal, which is no failure of the fetch
 */
async function fetchSource(deps: Deps, remote: RemoteSources, uploadId: string, signal: AbortSignal): Promise<void> {
  const before = await findOpenStream(deps, uploadId);
  const url = parseRemoteUrl(before.sourceUrl ?? "");
  try {
    deps.log.info({ uploadId, host: hostOf(url), offset: before.appendedBytes }, "fetching a source");
    await fetchRest(deps, remote, url, before, signal);
    await finishUpload(deps, uploadId, signal);
    await deps.uploads.update(uploadId, { sourceUrl: withoutQuery(url.href), sourceValidator: null });
  } catch (error) {
    if (signal.aborted) throw error;
    await postponeFetch(deps, remote, before, error);
  }
}

async function fetchRest(
  deps: Deps,
  remote: RemoteSources,
  url: URL,
  upload: StreamUpload,
  signal: AbortSignal,
): Promise<void> {
  const { id, appendedBytes, fileSizeBytes, sourceValidator } = upload;
  if (appendedBytes === fileSizeBytes) return;
  const isContinued = sourceValidator !== null && appendedBytes > 0;
  const headers = isContinued ? { range: `bytes=${appendedBytes}-`, "if-range": sourceValidator } : {};
  using answer = await openRemote(remote, url, headers, signal);
  if (isContinued && isOfRanges(answer) && !continues(answer, upload)) {
    if (sizeBeyondEnd(answer) === appendedBytes && fileSizeBytes === null)
      return await noteWhole(deps, id, appendedBytes);
    answer[Symbol.dispose]();
    return await fetchRest(deps, remote, url, await restart(deps, upload, null), signal);
  }
  const file = fileOf(answer);
  if ((file.sizeBytes ?? 0) > deps.limits.maxFileBytes)
    throw fileTooLarge(deps.limits.maxFileBytes, file.sizeBytes ?? undefined);
  const { offset } = file;
  if (offset === 0) await restart(deps, upload, file);
  else await deps.uploads.update(id, { error: null, fileSizeBytes: file.sizeBytes ?? fileSizeBytes });
  const filledTo = await appendSource(deps, id, { offset, body: answer.body, signal });
  const sizeBytes = file.sizeBytes ?? filledTo;
  if (filledTo !== sizeBytes) {
    throw new ServiceError("source_unreachable", `${hostOf(url)} ended after ${filledTo} of ${sizeBytes} bytes`);
  }
  await noteWhole(deps, id, sizeBytes);
}

const isOfRanges = ({ status }: RemoteAnswer): boolean => status === 206 || status === 416;

/** True for the rest of the same file that the first part is of. */
function continues(answer: RemoteAnswer, upload: StreamUpload): boolean {
  if (answer.status !== 206) return false;
  const { offset, sizeBytes, validator } = fileOf(answer);
  const isSameSize = sizeBytes === null || upload.fileSizeBytes === null || sizeBytes === upload.fileSizeBytes;
  // Some servers ignore If-Range and send the range of whatever file they have now.
  const isSameFile = validator === null || validator === upload.sourceValidator;
  return offset === upload.appendedBytes && isSameSize && isSameFile;
}

/** The bytes so far are of another file, or nothing says that they are not: they do not count any more. */
async function restart(
  { uploads, log }: Pick<UploadDeps, "uploads" | "log">,
  upload: StreamUpload,
  file: RemoteFile | null,
): Promise<StreamUpload> {
  if (upload.appendedBytes > 0) log.warn({ uploadId: upload.id }, "a fetch starts again with the first byte");
  const known = { appendedBytes: 0, fileSizeBytes: file?.sizeBytes ?? null, sourceValidator: file?.validator ?? null };
  await uploads.update(upload.id, { ...known, error: null });
  return { ...upload, ...known };
}

/** From here on the size of the file is known, and nothing is left to fetch. */
async function noteWhole({ uploads }: Deps, uploadId: string, fileSizeBytes: number): Promise<void> {
  const fields: UploadFields = { fileSizeBytes, failedTries: 0, nextTryAt: 0, error: null };
  await uploads.update(uploadId, fields);
}

/** A try that fetches less counts as one without progress: a server must not keep a fetch going a byte at a time. */
const progressBytes = 1024 ** 2;

/** Errors that the next try would have, too. */
const permanent = ["forbidden", "invalid_request", "too_large"] as const;

/**
 * Notes the failure in the row.
 *
 * @param before the upload as it was before the try
 * @throws `error` itself for an upload that takes no more bytes: it is not of the fetch
 */
async function postponeFetch(deps: Deps, remote: RemoteSources, before: StreamUpload, error: unknown): Promise<void> {
  const { uploads, log, now } = deps;
  const upload = await findUpload(deps, before.id);
  if (upload.state !== "receiving") throw error;
  const isFurther = (upload.appendedBytes ?? 0) - before.appendedBytes >= progressBytes;
  const failedTries = isFurther ? 1 : before.failedTries + 1;
  const isPermanent = permanent.some((code) => isServiceError(error, code));
  const fetchGivenUp = isPermanent || failedTries >= remote.maxTries;
  const told = isServiceError(error) ? error.message : "Internal error; see the log";
  const sentence = isPermanent || !fetchGivenUp ? told : `Given up after ${failedTries} tries in a row: ${told}`;
  const nextTryAt = now() + retryDelaySeconds(failedTries);
  const fields = { failedTries, fetchGivenUp, nextTryAt, error: sentence };
  await uploads.update(upload.id, fields, { states: ["receiving"] });
  const line = {
    uploadId: upload.id,
    host: hostOf(new URL(upload.sourceUrl ?? "")),
    failedTries,
    reason: messageOf(error),
  };
  if (!isServiceError(error)) log.error({ ...line, err: error }, "a fetch failed");
  else log.warn(line, fetchGivenUp ? "a fetch is given up" : "a fetch is postponed");
}

/** The fetches in progress, by upload. */
export type Running = Map<string, Promise<void>>;

/** Starts what is due, as far as the limit allows. A fetch that ends removes itself from `running`, and never rejects. */
export async function startFetches(deps: Deps, remote: RemoteSources, running: Running): Promise<void> {
  for (const uploadId of await deps.uploads.listDueFetches(deps.now())) {
    if (running.size >= remote.atOnce) break;
    const finishing = tryFinishing(deps, uploadId);
    if (!finishing) continue;
    const fetching = fetchSource(deps, remote, uploadId, finishing.signal)
      .catch((error) => deps.log.info({ uploadId, reason: messageOf(error) }, "a fetch was cancelled"))
      .finally(() => {
        running.delete(uploadId);
        finishing[Symbol.dispose]();
      });
    running.set(uploadId, fetching);
  }
  // What waits for its turn, or for its next try, is not idle: it must not expire for it.
  await deps.uploads.keepFetches(deps.now() - deps.limits.idleSeconds / 4);
}

/** Starts what is due every so many seconds until the signal aborts, and resolves when nothing is in progress any more. */
export async function keepFetching(
  deps: Deps,
  remote: RemoteSources,
  everySeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const running: Running = new Map();
  const start = () => startFetches(deps, remote, running);
  await repeat(start, { everySeconds, log: deps.log, signal });
  await Promise.all(running.values());
}
