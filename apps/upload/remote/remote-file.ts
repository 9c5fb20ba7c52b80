/**
 * What an answer says of the file behind it, and whether it is one that can be taken. A file whose end could not be told
 * from a cut line is none.
 */
import { STATUS_CODES } from "node:http";
import { ServiceError } from "@video-backend/service";
import { hostOf, invalidUrl } from "./remote-url.ts";
import type { RemoteAnswer } from "./request-once.ts";

export interface RemoteFile {
  /** Where in the file the body of the answer begins. */
  offset: number;
  /** Of the whole file; null where the answer does not say. */
  sizeBytes: number | null;
  /** What `If-Range` takes; null where the server has nothing that tells this file from a later one. */
  validator: string | null;
}

/** Answers that may be another one a while later. */
const passing = [408, 425, 429];

/**
 * @throws ServiceError `source_unreachable` for what may pass; `invalid_request` for what is no file and will be none
 */
export function fileOf(answer: RemoteAnswer): RemoteFile {
  const { url, status, headers } = answer;
  const host = hostOf(url);
  if (status !== 200 && status !== 206) throw notTheFile(host, status);
  const type = mediaTypeOf(answer);
  if (type === "text/html" || type === "application/xhtml+xml") {
    throw invalidUrl(`${host} answered with a page, not with a file; give the address of the file itself`);
  }
  const encoding = headers["content-encoding"]?.toLowerCase() ?? "identity";
  const transfer = headers["transfer-encoding"]?.toLowerCase();
  if (encoding !== "identity" || (transfer !== undefined && transfer !== "chunked")) {
    throw invalidUrl(`${host} sends the file encoded (${transfer ?? encoding}), though it was asked for it as it is`);
  }
  const length = headers["content-length"];
  if (length === undefined && transfer === undefined) {
    throw invalidUrl(`${host} tells neither the length nor the end of the file; a cut line would pass for its end`);
  }
  const validator = validatorOf(answer);
  if (status === 200) return { offset: 0, sizeBytes: length === undefined ? null : Number(length), validator };
  return { ...rangeOf(answer), validator };
}

/** The size of the file, as an answer to a range beyond its end tells it (416); null for any other answer. */
export function sizeBeyondEnd({ status, headers }: RemoteAnswer): number | null {
  const [, size] = /^bytes \*\/(\d{1,15})$/i.exec(headers["content-range"] ?? "") ?? [];
  return status === 416 && size !== undefined ? Number(size) : null;
}

/** Lower case, without its parameters; empty where there is none. */
export const mediaTypeOf = ({ headers }: Pick<RemoteAnswer, "headers">): string =>
  (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

function notTheFile(host: string, status: number): ServiceError {
  const sentence = `${host} answered ${status} ${STATUS_CODES[status] ?? ""}`.trim();
  if (status >= 500 || passing.includes(status)) return new ServiceError("source_unreachable", sentence);
  return invalidUrl(`${sentence}; an address that gives the file to everybody is expected`);
}

function rangeOf({ url, headers }: RemoteAnswer): Pick<RemoteFile, "offset" | "sizeBytes"> {
  const [, start, size] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/i.exec(headers["content-range"] ?? "") ?? [];
  if (start === undefined) {
    throw new ServiceError("source_unreachable", `${hostOf(url)} sends a part of the file and does not say which`);
  }
  return { offset: Number(start), sizeBytes: size === "*" ? null : Number(size) };
}

/** RFC 9110, 8.8: a weak ETag does not promise the same bytes, nor does a date that is not a second old. */
function validatorOf({ headers }: RemoteAnswer): string | null {
  const { etag, date, "last-modified": modified } = headers;
  if (etag?.startsWith('"')) return etag;
  if (etag !== undefined || modified === undefined || date === undefined) return null;
  return Date.parse(date) - Date.parse(modified) >= 1000 ? modified : null;
}
