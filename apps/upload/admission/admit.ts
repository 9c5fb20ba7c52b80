/**
 * Whether an upload can be accepted, decided before its first byte: limits, and room for the file and its renditions. Room
 * counts as taken once it is promised, so that ten concurrent uploads cannot all count on the same bytes. For that the promise,
 * which is the upload's row, is made in the transaction that reads the other promises.
 */
import { ServiceError } from "@video-backend/service";
import type { NewUploadRecord } from "../uploads/store.ts";

/** What is accepted, and for how long an upload may be idle. Set by the operator; `config.ts` has the defaults. */
export interface Limits {
  maxFileBytes: number;
  maxChunkBytes: number;
  maxChunks: number;
  /** Uploads of one client that are started and not complete. */
  openUploadsPerClient: number;
  /** An upload that received nothing for so long is deleted, and its space is free again. */
  idleSeconds: number;
  /** A sender that sends next to nothing is disconnected after so long. */
  stallSeconds: number;
  /** Bytes that are reserved for the renditions of a file, per byte of the file. */
  ladderRatio: number;
  /** Never promised to an upload. */
  lowWaterBytes: number;
}

/** What admission considers. */
type Asked = Pick<
  NewUploadRecord,
  "totalChunks" | "fileSizeBytes" | "chunkSizeBytes" | "appendedBytes" | "client" | "maxBytes"
>;

/** The largest file that is accepted for an upload: the operator's limit, or what its token allows. */
export const maxFileBytesOf = ({ maxFileBytes }: Limits, { maxBytes }: Pick<NewUploadRecord, "maxBytes">): number =>
  Math.min(maxFileBytes, maxBytes ?? maxFileBytes);

export interface Usage {
  /** Uploads that the client has started and not completed. */
  openOfClient: number;
  freeBytes: number;
  promisedBytes: number;
}

/** @throws ServiceError `too_large`, `too_many`, `storage_full`, each with the figures */
export function admit(limits: Limits, asked: Asked, usage: Usage): void {
  refuseTooLarge(limits, asked);
  refuseTooMany(limits, asked.client, usage.openOfClient);
  refuseWithoutRoom(limits, asked.fileSizeBytes ?? 0, usage);
}

function refuseTooLarge(limits: Limits, asked: Asked): void {
  const { totalChunks } = asked;
  // Limits on chunks do not apply to a source that is sent as one stream.
  const isStream = asked.appendedBytes !== null;
  const figures = [
    ["A file", "bytes", minFileBytes(asked), maxFileBytesOf(limits, asked), "max_file_bytes"],
    ["A chunk", "bytes", isStream ? 0 : largestChunkBytes(asked), limits.maxChunkBytes, "max_chunk_bytes"],
    ["An upload", "chunks", isStream ? 0 : totalChunks, limits.maxChunks, "max_chunks"],
  ] as const;
  for (const [what, unit, value, max, name] of figures) {
    if (value <= max) continue;
    throw new ServiceError("too_large", `${what} may have ${max} ${unit}; this one would have ${value}`, {
      details: { [name]: max },
    });
  }
}

/** A file without a declared size is at least as large as its chunks but the last. */
const minFileBytes = ({ fileSizeBytes, chunkSizeBytes, totalChunks }: Asked): number =>
  fileSizeBytes ?? (chunkSizeBytes ?? 0) * (totalChunks - 1);

/** The minimum size of its largest chunk. */
function largestChunkBytes({ totalChunks, fileSizeBytes, chunkSizeBytes }: Asked): number {
  if (chunkSizeBytes === null || totalChunks === 1) return Math.ceil((fileSizeBytes ?? 0) / totalChunks);
  const last = fileSizeBytes === null ? 0 : fileSizeBytes - chunkSizeBytes * (totalChunks - 1);
  return Math.max(chunkSizeBytes, last);
}

function refuseTooMany({ openUploadsPerClient }: Limits, client: string | null, open: number): void {
  if (client === null || open < openUploadsPerClient) return;
  throw new ServiceError(
    "too_many",
    `${open} uploads from ${client} are open, and ${openUploadsPerClient} are accepted; complete or delete some first`,
    { details: { open_uploads: open, max_open_uploads: openUploadsPerClient } },
  );
}

function refuseWithoutRoom(limits: Limits, fileBytes: number, { freeBytes, promisedBytes }: Usage): void {
  const needed = fileBytes + Math.ceil(fileBytes * limits.ladderRatio);
  const free = Math.max(0, freeBytes - limits.lowWaterBytes);
  if (needed + promisedBytes <= free && free > 0) return;
  throw new ServiceError(
    "storage_full",
    `No room left: this file and its renditions need about ${needed} bytes, ${free} are free, and ${promisedBytes} of them ` +
      "are promised to other uploads",
    { details: { needed_bytes: needed, free_bytes: free, promised_bytes: promisedBytes } },
  );
}

/** For a chunk that is larger than is accepted: 413. */
export const chunkTooLarge = ({ maxChunkBytes }: Limits): ServiceError =>
  new ServiceError("too_large", `A chunk may have ${maxChunkBytes} bytes; send smaller ones`, {
    details: { max_chunk_bytes: maxChunkBytes },
  });

/**
 * For a file that is larger than is accepted: 413.
 *
 * @param sizeBytes if it is known
 */
export const fileTooLarge = (maxFileBytes: number, sizeBytes?: number): ServiceError =>
  new ServiceError("too_large", `A file may have ${maxFileBytes} bytes; got ${sizeBytes ?? "more"}`, {
    details: { max_file_bytes: maxFileBytes },
  });
