/**
 * The placement rule, as pure functions. With a declared `chunk_size` a chunk has its offset from its index. Without it a chunk
 * goes behind the one before it, as soon as all before it are in the source; until then it waits in a file of its own. A chunk
 * that is sent again goes back to its place if it has the size of what was there, which is the gap between its neighbours. One
 * of another size stays in its file until `complete`, which then rebuilds the source.
 *
 * In the source, offsets ascend with indexes and chunks do not overlap, whatever arrives in whatever order.
 */
import { ServiceError } from "@video-backend/service";
import type { UploadRecord } from "../uploads/store.ts";
import type { Neighbours, Situation } from "./store.ts";

/** What was declared. */
export type Layout = Pick<UploadRecord, "totalChunks" | "fileSizeBytes" | "chunkSizeBytes">;

/**
 * The offset in the source of a chunk that is not in it.
 *
 * @param sizeBytes null while it is being received
 * @returns null for one that cannot be placed yet
 */
export function offsetOf(
  { chunkSizeBytes }: Layout,
  { before, after }: Neighbours,
  index: number,
  sizeBytes: number | null,
): number | null {
  if (chunkSizeBytes !== null) return index * chunkSizeBytes;
  if ((before?.index ?? -1) !== index - 1) return null;
  const offset = before ? before.offsetBytes + before.sizeBytes : 0;
  if (!after) return offset;
  const fitsBetween = sizeBytes !== null && after.index === index + 1 && after.offsetBytes === offset + sizeBytes;
  return fitsBetween ? offset : null;
}

/** How many bytes a chunk may have. */
export interface SizeBounds {
  minBytes: number;
  maxBytes: number;
}

/**
 * The sizes that the declared ones leave to a chunk. One that is sent again may have any size that the file allows: `complete`
 * cannot tell which of several contradicting chunks is wrong, and the client must be able to replace it.
 */
export function sizeBounds(
  { totalChunks, fileSizeBytes, chunkSizeBytes }: Layout,
  index: number,
  { present, otherBytes, isOnlyMissing }: Omit<Situation, "upload" | "present"> & { present: unknown },
): SizeBounds {
  const fileBytes = fileSizeBytes ?? Number.POSITIVE_INFINITY;
  if (chunkSizeBytes !== null) {
    if (index < totalChunks - 1) return { minBytes: chunkSizeBytes, maxBytes: chunkSizeBytes };
    // Some clients leave the remainder with the last chunk, which makes it longer than the others.
    const restBytes = fileBytes - chunkSizeBytes * (totalChunks - 1);
    return { minBytes: fileSizeBytes === null ? 0 : restBytes, maxBytes: restBytes };
  }
  if (fileSizeBytes === null || present) return { minBytes: 0, maxBytes: fileBytes };
  const restBytes = Math.max(0, fileBytes - otherBytes);
  return { minBytes: isOnlyMissing ? restBytes : 0, maxBytes: restBytes };
}

export const fits = ({ minBytes, maxBytes }: SizeBounds, sizeBytes: number): boolean =>
  minBytes <= sizeBytes && sizeBytes <= maxBytes;

/**
 * The error for a chunk whose size contradicts what was declared: 422.
 *
 * @param sizeBytes null for one that is longer and was not read to its end
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
