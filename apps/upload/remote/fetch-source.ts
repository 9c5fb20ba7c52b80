/**
 * Fetches sources from their addresses, in the background, a few at once. What is to be fetched is in the rows alone, so a
 * restart forgets nothing. A try goes on where the last one ended, if the server says that the file is still the same; else
 * it begins again with the first byte, since half of one file and half of another are none.
 */
import { isServiceError, messageOf, repeat, ServiceError } from "@video-backend/service";
import { and, asc, eq, isNotNull, lte, notInArray } from "drizzle-orm";
import { fileTooLarge } from "../admission/admit.ts";
import { type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { retryDelaySeconds } from "../hand-over/hand-over.ts";
import { appendSource } from "../sources/append-source.ts";
import { finishUpload, inTurn, isInTurn } from "../uploads/complete-upload.ts";
import { expectOpenStream, findUpload, type StreamRow } from "../uploads/state.ts";
import { openRemote, type RemoteAnswer, type RemoteSources } from "./open-remote.ts";
import { fileOf, type RemoteFile, sizeBeyondEnd } from "./remote-file.ts";
import { hostOf, parseRemoteUrl, withoutQuery } from "./remote-url.ts";

/**
 * Fetches what is missing and completes the upload. What fails is in its row, with the time of the next try or that there
 * is none. Run it `inTurn` only.
 *
 * @throws what ends the signal, which is no failure of the fetch
 */
async function fetchSource(
  deps: UploadDeps,
  remote: RemoteSources,
  uploadId: string,
  signal: AbortSignal,
): Promise<void> {
  const before = expectOpenStream(deps.database, uploadId);
  const url = parseRemoteUrl(before.sourceUrl ?? "");
  try {
    deps.log.info({ uploadId, host: hostOf(url), offset: before.appendedBytes }, "fetching a source");
    await fetchRest(deps, remote, url, before, signal);
    await finishUpload(deps, uploadId, signal);
    note(deps, uploadId, { sourceUrl: withoutQuery(url.href), sourceValidator: null });
  } catch (error) {
    if (signal.aborted) throw error;
    postponeFetch(deps, remote, before, error);
  }
}

async function fetchRest(
  deps: UploadDeps,
  remote: RemoteSources,
  url: URL,
  upload: StreamRow,
  signal: AbortSignal,
): Promise<void> {
  const { id, appendedBytes, fileSizeBytes, sourceValidator } = upload;
  if (appendedBytes === fileSizeBytes) return;
  const isContinued = sourceValidator !== null && appendedBytes > 0;
  const headers = isContinued ? { range: `bytes=${appendedBytes}-`, "if-range": sourceValidator } : {};
  using answer = await openRemote(remote, url, headers, signal);
  if (isContinued && isOfRanges(answer) && !continues(answer, upload)) {
    if (sizeBeyondEnd(answer) === appendedBytes && fileSizeBytes === null) return noteWhole(deps, id, appendedBytes);
    answer[Symbol.dispose]();
    return await fetchRest(deps, remote, url, beginAgain(deps, upload, null), signal);
  }
  const file = fileOf(answer);
  if ((file.sizeBytes ?? 0) > deps.limits.maxFileBytes) throw fileTooLarge(deps.limits, file.sizeBytes ?? undefined);
  const { offset } = file;
  if (offset === 0) beginAgain(deps, upload, file);
  else note(deps, id, { error: null, fileSizeBytes: file.sizeBytes ?? fileSizeBytes });
  const filledTo = await appendSource(deps, id, { offset, body: answer.body, signal });
  const sizeBytes = file.sizeBytes ?? filledTo;
  if (filledTo !== sizeBytes) {
    throw new ServiceError("source_unreachable", `${hostOf(url)} ended after ${filledTo} of ${sizeBytes} bytes`);
  }
  noteWhole(deps, id, sizeBytes);
}

const isOfRanges = ({ status }: RemoteAnswer): boolean => status === 206 || status === 416;

/** True for the rest of the very file that the first part is here of. */
function continues(answer: RemoteAnswer, upload: StreamRow): boolean {
  if (answer.status !== 206) return false;
  const { offset, sizeBytes, validator } = fileOf(answer);
  const isSameSize = sizeBytes === null || upload.fileSizeBytes === null || sizeBytes === upload.fileSizeBytes;
  // Some servers do not know If-Range and send the range of whatever file is there.
  const isSameFile = validator === null || validator === upload.sourceValidator;
  return offset === upload.appendedBytes && isSameSize && isSameFile;
}

/** What is here is of another file, or nothing tells that it is not: it counts no more. */
function beginAgain(deps: UploadDeps, upload: StreamRow, file: RemoteFile | null): StreamRow {
  if (upload.appendedBytes > 0) deps.log.warn({ uploadId: upload.id }, "a fetch begins again with the first byte");
  const known = { appendedBytes: 0, fileSizeBytes: file?.sizeBytes ?? null, sourceValidator: file?.validator ?? null };
  note(deps, upload.id, { ...known, error: null });
  return { ...upload, ...known };
}

/** From here on it is known where the file ends, and nothing is left to fetch. */
function noteWhole(deps: UploadDeps, uploadId: string, fileSizeBytes: number): void {
  note(deps, uploadId, { fileSizeBytes, failedTries: 0, nextTryAt: 0, error: null });
}

function note({ database, now }: UploadDeps, uploadId: string, known: Partial<UploadRow>): void {
  database
    .update(uploads)
    .set({ ...known, updatedAt: now() })
    .where(eq(uploads.id, uploadId))
    .run();
}

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
function postponeFetch(deps: UploadDeps, remote: RemoteSources, before: StreamRow, error: unknown): void {
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

/** The fetches that run, by upload. */
export type Running = Map<string, Promise<void>>;

const isWanted = and(eq(uploads.state, "receiving"), isNotNull(uploads.sourceUrl), eq(uploads.fetchGivenUp, false));

/** Starts what is due, as far as there is room beside what runs. A fetch that ends leaves `running` by itself. */
export function startFetches(deps: UploadDeps, remote: RemoteSources, running: Running): void {
  const due = deps.database
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(isWanted, lte(uploads.nextTryAt, deps.now()), notInArray(uploads.id, [...running.keys()])))
    .orderBy(asc(uploads.nextTryAt), asc(uploads.createdAt))
    .all();
  const started = due.filter(({ id }) => !isInTurn(deps, id)).slice(0, Math.max(0, remote.atOnce - running.size));
  for (const { id } of started) {
    const fetched = inTurn(deps, id, (ended) => fetchSource(deps, remote, id, ended))
      .catch((error: unknown) => deps.log.info({ uploadId: id, reason: messageOf(error) }, "a fetch was ended"))
      .finally(() => running.delete(id));
    running.set(id, fetched);
  }
  keepWanted(deps);
}

/** What waits for its turn, or for its next try, does not lie still: it must not expire for it. */
function keepWanted({ database, limits, now }: UploadDeps): void {
  const isStale = lte(uploads.updatedAt, now() - limits.idleSeconds / 4);
  database.update(uploads).set({ updatedAt: now() }).where(and(isWanted, isStale)).run();
}

/** Looks for what is due every so many seconds until the signal aborts, and resolves when nothing runs any more. */
export async function keepFetching(
  deps: UploadDeps,
  remote: RemoteSources,
  everySeconds: number,
  signal: AbortSignal,
): Promise<void> {
  const running: Running = new Map();
  const start = async () => startFetches(deps, remote, running);
  await repeat(start, { everySeconds, log: deps.log, signal });
  await Promise.all(running.values());
}
