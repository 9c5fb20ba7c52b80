/**
 * Reads the head of an answer: whether it is a file that can be fetched, and its name. A file whose end could not be told from a
 * broken connection is refused.
 */
import { STATUS_CODES } from "node:http";
import type { RemoteAnswer } from "@video-backend/remote";
import { hostOf, invalidUrl } from "@video-backend/remote";
import { ServiceError } from "@video-backend/service";
import { parse } from "content-disposition";
import { checkFilename } from "../uploads/filename.ts";

export interface RemoteFile {
  /** Where in the file the body starts. */
  offset: number;
  /** Of the whole file; null if the answer does not say. */
  sizeBytes: number | null;
  /** For `If-Range`; null if the server has nothing that tells this file from a later version. */
  validator: string | null;
}

/** Statuses that may be different later. */
const temporary = [408, 425, 429];

/**
 * @throws ServiceError `source_unreachable` for a temporary failure; `invalid_request` for what is not a file
 */
export function fileOf(answer: RemoteAnswer): RemoteFile {
  const { url, status, headers } = answer;
  const host = hostOf(url);
  if (status !== 200 && status !== 206) throw notTheFile(host, status);
  const type = mediaTypeOf(answer);
  if (type === "text/html" || type === "application/xhtml+xml") {
    throw invalidUrl(`${host} answered with a page, not with a file; give the URL of the file itself`);
  }
  const encoding = headers["content-encoding"]?.toLowerCase() ?? "identity";
  const transfer = headers["transfer-encoding"]?.toLowerCase();
  if (encoding !== "identity" || (transfer !== undefined && transfer !== "chunked")) {
    throw invalidUrl(`${host} sends the file encoded (${transfer ?? encoding}), although identity was requested`);
  }
  const length = headers["content-length"];
  if (length === undefined && transfer === undefined) {
    throw invalidUrl(
      `${host} declares neither the length nor the end of the file, so that a lost connection would look like its end`,
    );
  }
  const validator = validatorOf(answer);
  if (status === 200) return { offset: 0, sizeBytes: length === undefined ? null : Number(length), validator };
  return { ...rangeOf(answer), validator };
}

/** The size of the file in an answer to a range beyond its end (416); null for any other answer. */
export function sizeBeyondEnd({ status, headers }: RemoteAnswer): number | null {
  const [, size] = /^bytes \*\/(\d{1,15})$/i.exec(headers["content-range"] ?? "") ?? [];
  return status === 416 && size !== undefined ? Number(size) : null;
}

/** Lower case, without parameters; empty if there is none. */
const mediaTypeOf = ({ headers }: Pick<RemoteAnswer, "headers">): string =>
  (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

function notTheFile(host: string, status: number): ServiceError {
  const sentence = `${host} answered ${status} ${STATUS_CODES[status] ?? ""}`.trim();
  if (status >= 500 || temporary.includes(status)) return new ServiceError("source_unreachable", sentence);
  return invalidUrl(`${sentence}; a URL that serves the file without a login is expected`);
}

function rangeOf({ url, headers }: RemoteAnswer): Pick<RemoteFile, "offset" | "sizeBytes"> {
  const [, start, size] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/i.exec(headers["content-range"] ?? "") ?? [];
  if (start === undefined) {
    throw new ServiceError("source_unreachable", `${hostOf(url)} sends a part of the file and does not say which`);
  }
  return { offset: Number(start), sizeBytes: size === "*" ? null : Number(size) };
}

/** RFC 9110, 8.8: neither a weak ETag nor a date less than a second old guarantees the same bytes. */
function validatorOf({ headers }: RemoteAnswer): string | null {
  const { etag, date, "last-modified": modified } = headers;
  if (etag?.startsWith('"')) return etag;
  if (etag !== undefined || modified === undefined || date === undefined) return null;
  return Date.parse(date) - Date.parse(modified) >= 1000 ? modified : null;
}

/** For URLs whose last element is not a file name, such as `/download?id=7`. */
const namesByType: Record<string, string> = {
  "video/mp4": "video.mp4",
  "video/quicktime": "video.mov",
  "video/webm": "video.webm",
  "video/matroska": "video.mkv",
  "video/x-matroska": "video.mkv",
  "video/mpeg": "video.mpg",
  "video/mp2t": "video.ts",
  "video/x-msvideo": "video.avi",
  "video/x-ms-wmv": "video.wmv",
  "video/x-flv": "video.flv",
  "video/3gpp": "video.3gp",
  "video/ogg": "video.ogv",
  "audio/mpeg": "audio.mp3",
  "audio/mp4": "audio.m4a",
  "audio/x-m4a": "audio.m4a",
  "audio/aac": "audio.aac",
  "audio/ogg": "audio.ogg",
  "audio/flac": "audio.flac",
  "audio/wav": "audio.wav",
  "audio/x-wav": "audio.wav",
};

/**
 * The name in Content-Disposition, else the last element of the URL, before redirects and after them, else one by the type; the
 * first that is accepted.
 *
 * @throws ServiceError `unsupported_file_type` or `invalid_path` as `checkFilename`, for the first of them
 */
export function nameFile(asked: URL, answer: RemoteAnswer): string {
  const names = [namedByServer(answer), lastElement(asked), lastElement(answer.url), namesByType[mediaTypeOf(answer)]];
  const given = names.filter((name) => name !== undefined && name !== "") as string[];
  const accepted = given.find(isAccepted);
  if (accepted !== undefined) return accepted;
  const [first = "unnamed"] = given;
  checkFilename(first);
  return first;
}

function namedByServer({ headers }: RemoteAnswer): string | undefined {
  const header = headers["content-disposition"];
  if (header === undefined) return undefined;
  // Headers are bytes; many servers send raw UTF-8.
  const asUtf8 = Buffer.from(header, "latin1").toString();
  const { parameters } = parse(asUtf8.includes("\ufffd") ? header : asUtf8);
  return parameters.filename?.split(/[/\\]/).at(-1);
}

function lastElement({ pathname }: URL): string | undefined {
  const element = pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(element);
  } catch {
    return element;
  }
}

function isAccepted(filename: string): boolean {
  try {
    checkFilename(filename);
    return true;
  } catch {
    return false;
  }
}
