/**
 * The arithmetic of byte ranges, RFC 9110 section 14. A Range that is malformed, of another unit or of several parts is
 * no error: the server may ignore it and send the whole (14.2). Only a well-formed range without a byte in it is 416.
 */

import type { Asset } from "./asset.ts";

/** What a Range header asks of a file. `first` and `last` are offsets, both inclusive. */
export type ByteRange = { kind: "whole" } | { kind: "part"; first: number; last: number } | { kind: "unsatisfiable" };

const whole: ByteRange = { kind: "whole" };
const unsatisfiable: ByteRange = { kind: "unsatisfiable" };

/**
 * The one range that `header` asks of a file of `sizeBytes`.
 *
 * @example resolveRange("bytes=-500", 2000) // { kind: "part", first: 1500, last: 1999 }
 */
export function resolveRange(header: string | null | undefined, sizeBytes: number): ByteRange {
  // "Range units are case-insensitive" (14.1).
  const parts = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header ?? "");
  const [, from, to] = parts ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return whole;
  if (from === "") return suffix(Number(to), sizeBytes);

  const first = Number(from);
  const last = to === "" ? Number.POSITIVE_INFINITY : Number(to);
  // "An int-range is invalid if the last-pos value is present and less than first-pos" (14.1.1).
  if (last < first) return whole;
  if (first >= sizeBytes) return unsatisfiable;
  return { kind: "part", first, last: Math.min(last, sizeBytes - 1) };
}

/** "If the representation is shorter than the suffix-length, the entire representation is used" (14.1.2). */
function suffix(lengthBytes: number, sizeBytes: number): ByteRange {
  if (lengthBytes === 0) return unsatisfiable;
  // Of nothing, a Content-Range cannot be written.
  if (sizeBytes === 0) return whole;
  return { kind: "part", first: Math.max(0, sizeBytes - lengthBytes), last: sizeBytes - 1 };
}

/**
 * Whether a range still belongs to the file its sender has begun with: If-Range holds our own strong ETag, or our exact
 * Last-Modified where that is as good (13.1.5). Otherwise the whole file is due.
 *
 * A date is, of a file that never changes: "the origin server reliably knows that the associated representation did not
 * change twice during the second covered by the presented validator" (8.8.2.2). A playlist does.
 */
export function ifRangeHolds(
  ifRange: string | null | undefined,
  { version, lastModified, freshness }: Pick<Asset, "version" | "lastModified" | "freshness">,
): boolean {
  if (ifRange == null) return true;
  return ifRange === `"${version}"` || (freshness === "lasting" && ifRange === lastModified);
}
