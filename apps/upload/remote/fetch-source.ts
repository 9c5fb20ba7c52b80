/**
 * One try at fetching a source. It goes on where the last one ended, also before a restart, if the server says that the
 * file is still the same; else it begins again with the first byte, since half of one file and half of another are none.
 */
import { ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import { type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { appendSource } from "../sources/append-source.ts";
import { finishUpload } from "../uploads/complete-upload.ts";
import { expectOpenStream, type StreamRow } from "../uploads/find-upload.ts";
import { openRemote } from "./open-remote.ts";
import { postponeFetch } from "./postpone-fetch.ts";
import { fileOf, type RemoteFile, sizeBeyondEnd } from "./remote-file.ts";
import { hostOf, parseRemoteUrl, withoutQuery } from "./remote-url.ts";
import type { RemoteAnswer, RemoteSources } from "./request-once.ts";

/**
 * Fetches what is missing and completes the upload. What fails is in its row, with the time of the next try or that there
 * is none. Run it `inTurn` only.
 *
 * @throws what ends the signal, which is no failure of the fetch
 */
export async function fetchSource(
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
  refuseTooLarge(deps, file);
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

function refuseTooLarge({ limits }: UploadDeps, { sizeBytes }: RemoteFile): void {
  if (sizeBytes === null || sizeBytes <= limits.maxFileBytes) return;
  throw new ServiceError("too_large", `A file may have ${limits.maxFileBytes} bytes; got ${sizeBytes}`, {
    details: { max_file_bytes: limits.maxFileBytes },
  });
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
