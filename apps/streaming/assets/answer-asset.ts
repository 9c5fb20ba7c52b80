/**
 * What a request for a file is answered: the whole (200), one range of it (206), that it has not changed (304), or that a
 * condition (412) or the range (416) cannot be met. Pure but for the coding of a text; whoever serves makes a response of it.
 */
import { ServiceError } from "@video-backend/service";
import type { Asset } from "./asset.ts";
import { ifRangeHolds, resolveRange } from "./byte-range.ts";
import { type Coding, chooseCoding, isCoded } from "./content-coding.ts";
import { cacheControlOf } from "./freshness.ts";
import { type Asked, evaluatePreconditions } from "./preconditions.ts";

export interface Answer {
  status: 200 | 206 | 304;
  headers: Record<string, string>;
  /** A lazy slice, so that the server sends it from the file or from memory without a copy. */
  body: Blob | null;
}

/** A refusal has headers of its own, which go with the problem. */
export interface Refusal {
  error: ServiceError;
  headers: Record<string, string>;
}

export const isRefusal = (answer: Answer | Refusal): answer is Refusal => "error" in answer;

/**
 * Answers a GET or HEAD of a file that is there. The answer without condition and range is the same for everybody, and is
 * the same object for the same asset.
 */
export function answerAsset(asked: Asked, asset: Asset): Answer | Refusal {
  const isGet = asked.method === "GET";
  // "A server MUST ignore a Range header field received with a request method that is unrecognized or for which range
  // handling is not defined. For this specification, GET is the only method for which range handling is defined." (14.2)
  const rangeAsked = isGet ? asked.header("range") : null;
  // Ranges are of the text itself: nobody who has a part of it wants the rest of something else.
  const coding = asset.coded && rangeAsked == null ? chooseCoding(asked.header("accept-encoding")) : null;
  const etag = etagOf(asset, coding);
  switch (evaluatePreconditions(asked, { etag, modifiedAt: asset.modifiedAt })) {
    case "not_modified":
      return { status: 304, headers: keptHeaders(asset, coding), body: null };
    case "failed":
      return { error: new ServiceError("precondition_failed", "The file is not the one that was meant"), headers: {} };
    case "proceed":
  }
  if (rangeAsked != null && ifRangeHolds(asked.header("if-range"), asset)) {
    const range = resolveRange(rangeAsked, asset.sizeBytes);
    if (range.kind === "unsatisfiable") return rangeRefused(asset.sizeBytes);
    if (range.kind === "part") return partOf(asset, range.first, range.last);
  }
  return isGet ? wholeOf(asset, coding) : { ...wholeOf(asset, coding), body: null };
}

/** Another representation has another tag (RFC 9110, 8.8.3.3). */
const etagOf = ({ version }: Asset, coding: Coding | null): string =>
  coding ? `"${version}-${coding}"` : `"${version}"`;

/** "The server generating a 304 response MUST generate any of the following header fields that would have been sent in a 200" (15.4.5). */
function keptHeaders(asset: Asset, coding: Coding | null): Record<string, string> {
  return {
    etag: etagOf(asset, coding),
    "last-modified": asset.lastModified,
    "cache-control": cacheControlOf(asset.freshness),
    ...(isCoded(asset.mediaType) ? { vary: "Accept-Encoding" } : {}),
  };
}

const contentHeaders = (asset: Asset, coding: Coding | null, lengthBytes: number): Record<string, string> => ({
  ...keptHeaders(asset, coding),
  "content-type": asset.mediaType,
  "x-content-type-options": "nosniff",
  "accept-ranges": "bytes",
  "content-length": String(lengthBytes),
});

const wholes = new WeakMap<Asset, Map<string, Answer>>();

function wholeOf(asset: Asset, coding: Coding | null): Answer {
  const made = wholes.get(asset) ?? new Map<string, Answer>();
  wholes.set(asset, made);
  const name = coding ? `${asset.freshness} ${coding}` : asset.freshness;
  const known = made.get(name);
  if (known) return known;
  const body = coding && asset.coded ? asset.coded(coding) : asset.blob;
  const headers = contentHeaders(asset, coding, body.size);
  if (coding) headers["content-encoding"] = coding;
  const answer: Answer = { status: 200, headers, body };
  made.set(name, answer);
  return answer;
}

function partOf(asset: Asset, first: number, last: number): Answer {
  const headers = contentHeaders(asset, null, last - first + 1);
  headers["content-range"] = `bytes ${first}-${last}/${asset.sizeBytes}`;
  return { status: 206, headers, body: asset.blob.slice(first, last + 1) };
}

function rangeRefused(sizeBytes: number): Refusal {
  const error = new ServiceError("range_not_satisfiable", `The range lies beyond the ${sizeBytes} bytes there are`);
  return { error, headers: { "content-range": `bytes */${sizeBytes}` } };
}
