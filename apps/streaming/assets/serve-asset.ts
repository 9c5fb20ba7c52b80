/**
 * A stored file as an answer: whole (200), one range of it (206), or the news that the range is beyond the end (416).
 * The body is a lazy slice, so the server sends it from the file; HEAD says the length that GET would send.
 */
import { problemResponse, type ServiceContext, ServiceError } from "@video-backend/service";
import { ifRangeHolds, resolveRange } from "./byte-range.ts";
import type { Asset } from "./find-asset.ts";
import { mediaTypeOf } from "./media-types.ts";

/** Answers with the file, obeying the Range of a GET; "the Range header is ignored" on HEAD (RFC 9110, 14.2). */
export function serveAsset(c: ServiceContext, { key, blob, sizeBytes, modifiedAt }: Asset): Response {
  const etag = `"${sizeBytes.toString(16)}-${modifiedAt.getTime().toString(16)}"`;
  const lastModified = modifiedAt.toUTCString();
  const headers = {
    "content-type": mediaTypeOf(key),
    "x-content-type-options": "nosniff",
    "accept-ranges": "bytes",
    "cache-control": cacheControlOf(key),
    "last-modified": lastModified,
    etag,
  };
  const asked = c.req.method === "GET" && ifRangeHolds(c.req.header("if-range"), etag, lastModified);
  const range = resolveRange(asked ? c.req.header("range") : undefined, sizeBytes);
  switch (range.kind) {
    case "unsatisfiable":
      return rangeRefused(sizeBytes, c.get("requestId"));
    case "whole":
      return c.newResponse(asBody(blob), 200, { ...headers, "content-length": String(sizeBytes) });
    case "part":
      return c.newResponse(asBody(blob.slice(range.first, range.last + 1)), 206, {
        ...headers,
        "content-length": String(range.last - range.first + 1),
        "content-range": `bytes ${range.first}-${range.last}/${sizeBytes}`,
      });
  }
}

/** Hono's types know no Blob; Response does, and Bun sends one that is a file without copying it. */
const asBody = (blob: Blob): ReadableStream => blob as unknown as ReadableStream;

function rangeRefused(sizeBytes: number, requestId: string): Response {
  const error = new ServiceError("range_not_satisfiable", `The range lies beyond the ${sizeBytes} bytes there are`);
  const response = problemResponse(error, requestId);
  response.headers.set("content-range", `bytes */${sizeBytes}`);
  return response;
}

/** A segment or an original never changes under its name; a playlist grows while its video is transcoded. */
function cacheControlOf(key: string): string {
  const lasting = key.startsWith("originals/") || /\.(m4s|mp4|ts)$/.test(key);
  return lasting ? "public, max-age=31536000, immutable" : "no-cache";
}
