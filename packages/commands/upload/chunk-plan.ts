/** Which bytes of a file are which chunk. Pure: the server's answer to "what is missing" decides what is sent. */

const mebibyte = 1024 * 1024;

/** What clients in the field send; small enough that a broken line costs little. */
const usualChunkBytes = 4 * mebibyte;
/** As many as the upload service takes. */
const mostChunks = 100_000;

export interface Slice {
  index: number;
  /** First byte, and the one after the last. */
  start: number;
  end: number;
}

/** The size of all chunks but the last: 4 MiB, or more where a file would have too many of these. */
export function chunkBytesFor(fileBytes: number): number {
  return Math.max(usualChunkBytes, Math.ceil(fileBytes / mostChunks / mebibyte) * mebibyte);
}

/** An empty file has one chunk, an empty one. */
export function totalChunks(fileBytes: number, chunkBytes: number): number {
  return Math.max(1, Math.ceil(fileBytes / chunkBytes));
}

/** The slices of these chunks. */
export function slicesOf(indexes: readonly number[], fileBytes: number, chunkBytes: number): Slice[] {
  return indexes.map((index) => ({
    index,
    start: index * chunkBytes,
    end: Math.min(fileBytes, (index + 1) * chunkBytes),
  }));
}
