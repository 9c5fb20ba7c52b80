/**
 * Where a chunk goes: the rule, as pure functions. With a declared `chunk_size` a chunk has its offset from its index. Without
 * it a chunk goes behind the one before it, as soon as all before it are in the source; until then it waits in a file of its
 * own. A chunk that comes again goes back to its place if it has the size of what was there, which is all that is left
 * between its neighbours. One of another size stays in its file until `complete`, which then puts the source together anew.
 *
 * In the source, offsets ascend with indexes and parts do not overlap, whatever comes in whatever order.
 */
import { ServiceError } from "@video-backend/service";
import type { UploadRow } from "../database/schema.ts";

/** What was declared. */
export type Layout = Pick<UploadRow, "totalChunks" | "fileSizeBytes" | "chunkSizeBytes">;

/** A chunk whose bytes are in the source. */
export interface InSource {
  index: number;
  offsetBytes: number;
  sizeBytes: number;
}

/** The chunks of an upload that are in its source. */
export interface SourceRows {
  /** The nearest one with a lower index. */
  before(index: number): InSource | null;
  /** The nearest one with a higher index. */
  after(index: number): InSource | null;
}

/**
 * Where in the source a chunk belongs that is not in it.
 *
 * @param sizeBytes null while it is still coming in
 * @returns null for one that cannot be put there yet
 */
export function offsetOf(layout: Layout, rows: SourceRows, index: number, sizeBytes: number | null): number | null {
  if (layout.chunkSizeBytes !== null) return index * layout.chunkSizeBytes;
  const before = rows.before(index);
  if ((before?.index ?? -1) !== index - 1) return null;
  const offset = before ? before.offsetBytes + before.sizeBytes : 0;
  const after = rows.after(index);
  if (!after) return offset;
  const fitsBetween = sizeBytes !== null && after.index === index + 1 && after.offsetBytes === offset + sizeBytes;
  return fitsBetween ? offset : null;
}

/** How many bytes a chunk may have. */
export interface SizeBounds {
  minBytes: number;
  maxBytes: number;
}

/** The chunks that are here, without the one in question. */
export interface OtherChunks {
  count: () => number;
  sizeBytes: number;
}

/**
 * What the declared sizes leave to a chunk. One that comes again may have any size that the file could have: which of several
 * contradicting chunks is the wrong one, `complete` cannot tell and the client must be able to mend.
 *
 * @param isHere whether the chunk came before
 */
export function sizeBounds(layout: Layout, index: number, others: OtherChunks, isHere: boolean): SizeBounds {
  const { totalChunks, fileSizeBytes, chunkSizeBytes } = layout;
  const isLast = index === totalChunks - 1;
  const fileBytes = fileSizeBytes ?? Number.POSITIVE_INFINITY;
  if (chunkSizeBytes !== null) {
    if (!isLast) return { minBytes: chunkSizeBytes, maxBytes: chunkSizeBytes };
    // Some clients leave the remainder with the last chunk, which makes it longer than the others.
    const restBytes = fileBytes - chunkSizeBytes * (totalChunks - 1);
    return { minBytes: fileSizeBytes === null ? 0 : restBytes, maxBytes: restBytes };
  }
  if (fileSizeBytes === null || isHere) return { minBytes: 0, maxBytes: fileBytes };
  const restBytes = Math.max(0, fileBytes - others.sizeBytes);
  const fillsUp = isLast && others.count() === totalChunks - 1;
  return { minBytes: fillsUp ? restBytes : 0, maxBytes: restBytes };
}

export const fits = ({ minBytes, maxBytes }: SizeBounds, sizeBytes: number): boolean =>
  minBytes <= sizeBytes && sizeBytes <= maxBytes;

/**
 * The error for a chunk that contradicts what was declared: 422.
 *
 * @param sizeBytes null for one that is longer, and was not read to its end
 */
export function wrongSize(index: number, { minBytes, maxBytes }: SizeBounds, sizeBytes: number | null): ServiceError {
  const expected = minBytes === maxBytes ? `${minBytes}` : `${minBytes} to ${maxBytes}`;
  const got = sizeBytes === null ? "more" : `${sizeBytes} bytes`;
  return new ServiceError(
    "invalid_request",
    `Chunk ${index}: ${expected} bytes are expected by what was declared at init; got ${got}`,
    { details: { index, expected_bytes: { at_least: minBytes, at_most: maxBytes }, received_bytes: sizeBytes } },
  );
}
