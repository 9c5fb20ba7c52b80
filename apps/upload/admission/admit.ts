/**
 * Whether an upload can be taken, said before its first byte: limits, and room for the file and what will be made of it.
 * Room counts as taken once it is promised, so that ten uploads begun together cannot all count on the same. For that the
 * promise, which is the upload's row, has to be made in the transaction that asks.
 */
import { ServiceError } from "@video-backend/service";
import { and, count, eq } from "drizzle-orm";
import type { Reads } from "../database/open.ts";
import { uploads } from "../database/schema.ts";

/** How much is taken, and for how long an upload may lie still. The operator's to set; `config.ts` has the defaults. */
export interface Limits {
  maxFileBytes: number;
  maxChunkBytes: number;
  maxChunks: number;
  /** Uploads of one client that are begun and not complete. */
  openUploadsPerClient: number;
  /** An upload that nothing came to for so long is forgotten, and its space is free again. */
  idleSeconds: number;
  /** A sender that all but stops is given up after so long. */
  stallSeconds: number;
  /** Bytes of a file's ladder for each of its own, as far as room for it is kept. */
  ladderRatio: number;
  /** Never promised to anybody. */
  lowWaterBytes: number;
}

/** What admission looks at. Sizes in bytes, null where they were not declared. */
export interface Asked {
  totalChunks: number;
  fileSizeBytes: number | null;
  chunkSizeBytes: number | null;
  /** True for a source that comes as one stream; limits on chunks are not for it. */
  isStream: boolean;
  client: string | null;
}

/** Room as it was found a moment ago. */
export interface FoundRoom {
  freeBytes: number;
  promisedBytes: number;
}

/**
 * @throws ServiceError `too_large`, `too_many`, `storage_full`, each with the figures
 */
export function admit(database: Reads, limits: Limits, asked: Asked, room: FoundRoom): void {
  refuseTooLarge(limits, asked);
  refuseTooMany(database, limits, asked.client);
  refuseWithoutRoom(limits, asked.fileSizeBytes ?? 0, room);
}

function refuseTooLarge(limits: Limits, asked: Asked): void {
  const { totalChunks, isStream } = asked;
  const figures = [
    ["A file", "bytes", leastFileBytes(asked), limits.maxFileBytes, "max_file_bytes"],
    ["A chunk", "bytes", isStream ? 0 : largestChunkBytes(asked), limits.maxChunkBytes, "max_chunk_bytes"],
    ["An upload", "chunks", isStream ? 0 : totalChunks, limits.maxChunks, "max_chunks"],
  ] as const;
  for (const [what, unit, value, most, name] of figures) {
    if (value <= most) continue;
    throw new ServiceError("too_large", `${what} may have ${most} ${unit}; this one would have ${value}`, {
      details: { [name]: most },
    });
  }
}

/** By what was declared; a file whose size was not is at least as large as its chunks but the last. */
const leastFileBytes = ({ fileSizeBytes, chunkSizeBytes, totalChunks }: Asked): number =>
  fileSizeBytes ?? (chunkSizeBytes ?? 0) * (totalChunks - 1);

/** The least that the largest of its chunks can have. */
function largestChunkBytes({ totalChunks, fileSizeBytes, chunkSizeBytes }: Asked): number {
  if (chunkSizeBytes === null || totalChunks === 1) return Math.ceil((fileSizeBytes ?? 0) / totalChunks);
  const last = fileSizeBytes === null ? 0 : fileSizeBytes - chunkSizeBytes * (totalChunks - 1);
  return Math.max(chunkSizeBytes, last);
}

function refuseTooMany(database: Reads, limits: Limits, client: string | null): void {
  if (client === null) return;
  const isOpen = and(eq(uploads.client, client), eq(uploads.state, "receiving"));
  const open = database.select({ count: count() }).from(uploads).where(isOpen).get()?.count ?? 0;
  if (open < limits.openUploadsPerClient) return;
  throw new ServiceError(
    "too_many",
    `${open} uploads from ${client} are open, and ${limits.openUploadsPerClient} are accepted; complete or delete some first`,
    { details: { open_uploads: open, max_open_uploads: limits.openUploadsPerClient } },
  );
}

function refuseWithoutRoom(limits: Limits, fileBytes: number, { freeBytes, promisedBytes }: FoundRoom): void {
  const needed = fileBytes + Math.ceil(fileBytes * limits.ladderRatio);
  const free = Math.max(0, freeBytes - limits.lowWaterBytes);
  if (needed + promisedBytes <= free && free > 0) return;
  throw new ServiceError(
    "storage_full",
    `No room left: this file and its renditions need about ${needed} bytes, ${free} are free, and ${promisedBytes} of them ` +
      "are promised to uploads under way",
    { details: { needed_bytes: needed, free_bytes: free, promised_bytes: promisedBytes } },
  );
}

/** For a part that is larger than is accepted: 413. */
export const chunkTooLarge = ({ maxChunkBytes }: Limits): ServiceError =>
  new ServiceError("too_large", `A chunk may have ${maxChunkBytes} bytes; send smaller ones`, {
    details: { max_chunk_bytes: maxChunkBytes },
  });

/**
 * For a file that is larger than is accepted: 413.
 *
 * @param sizeBytes where it is known
 */
export const fileTooLarge = ({ maxFileBytes }: Limits, sizeBytes?: number): ServiceError =>
  new ServiceError("too_large", `A file may have ${maxFileBytes} bytes; got ${sizeBytes ?? "more"}`, {
    details: { max_file_bytes: maxFileBytes },
  });
