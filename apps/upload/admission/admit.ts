/**
 * Whether an upload can be taken, said before its first byte: limits, and room for the file and what will be made of it.
 * Room counts as taken once it is promised, so that ten uploads begun together cannot all count on the same. For that the
 * promise, which is the upload's row, has to be made in the transaction that asks.
 */
import { ServiceError } from "@video-backend/service";
import { and, count, eq, inArray } from "drizzle-orm";
import type { UploadDatabase } from "../database/open.ts";
import { type UploadRow, uploads } from "../database/schema.ts";
import { unfinishedStates } from "../uploads/upload-state.ts";
import type { Limits } from "./limits.ts";
import type { Room } from "./measure-room.ts";

/** What admission looks at. Sizes in bytes, null where they were not declared. */
export interface Asked {
  totalChunks: number;
  fileSizeBytes: number | null;
  chunkSizeBytes: number | null;
  /** True for a source that comes as one stream; limits on chunks are not for it. */
  isStream: boolean;
  client: string | null;
}

type Reads = Pick<UploadDatabase, "select">;

/**
 * @param room measured a moment ago
 * @throws ServiceError `too_large`, `too_many`, `storage_full`, each with the figures
 */
export function admit(database: Reads, limits: Limits, asked: Asked, room: Room): void {
  refuseTooLarge(limits, asked);
  refuseTooMany(database, limits, asked.client);
  refuseWithoutRoom(database, limits, asked.fileSizeBytes ?? 0, room);
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

function refuseWithoutRoom(database: Reads, limits: Limits, fileBytes: number, room: Room): void {
  const needed = fileBytes + ladderBytes(fileBytes, limits);
  const promised = promisedBytes(database, limits, room);
  const free = Math.max(0, room.freeBytes - limits.lowWaterBytes);
  if (needed + promised <= free && free > 0) return;
  throw new ServiceError(
    "storage_full",
    `No room left: this file and its renditions need about ${needed} bytes, ${free} are free, and ${promised} of them ` +
      "are promised to uploads under way",
    { details: { needed_bytes: needed, free_bytes: free, promised_bytes: promised } },
  );
}

/**
 * What uploads that transcoding does not have yet will still need: what is missing of those that said their size, and
 * the ladder of all. What is handed over shows in the free bytes, little by little.
 */
function promisedBytes(database: Reads, limits: Limits, room: Room): number {
  const { id, fileSizeBytes, sourceSizeBytes } = uploads;
  const open = database
    .select({ id, fileSizeBytes, sourceSizeBytes })
    .from(uploads)
    .where(inArray(uploads.state, ["receiving", ...unfinishedStates]))
    .all();
  return open.reduce((sum, upload) => sum + stillNeeded(upload, limits, room.takenBytes.get(upload.id) ?? 0), 0);
}

type Promised = Pick<UploadRow, "fileSizeBytes" | "sourceSizeBytes">;

function stillNeeded({ fileSizeBytes, sourceSizeBytes }: Promised, limits: Limits, takenBytes: number): number {
  if (sourceSizeBytes !== null) return ladderBytes(sourceSizeBytes, limits);
  const wholeBytes = fileSizeBytes ?? takenBytes;
  return Math.max(0, wholeBytes - takenBytes) + ladderBytes(wholeBytes, limits);
}

const ladderBytes = (fileBytes: number, { ladderRatio }: Limits): number => Math.ceil(fileBytes * ladderRatio);
