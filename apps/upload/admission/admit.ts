/**
 * Whether an upload can be taken, said before its first byte: limits, and room for the file and what will be made of it.
 * Room counts as taken once it is promised, so that ten uploads begun together cannot all count on the same.
 */
import { ServiceError } from "@video-backend/service";
import { and, count, eq, isNotNull, sql } from "drizzle-orm";
import type { UploadDatabase } from "../database/open.ts";
import { chunks, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../service.ts";
import type { Limits } from "./limits.ts";

/** What admission looks at. Sizes in bytes, null where they were not declared. */
export interface Asked {
  totalChunks: number;
  fileSizeBytes: number | null;
  chunkSizeBytes: number | null;
  client: string | null;
}

/** @throws ServiceError `too_large`, `too_many`, `storage_full`, each with the figures */
export async function admit({ database, limits, disk }: UploadDeps, asked: Asked): Promise<void> {
  refuseTooLarge(limits, asked);
  refuseTooMany(database, limits, asked.client);
  const needed = neededBytes(asked.fileSizeBytes ?? 0, 0, limits.ladderRatio);
  const promised = promisedBytes(database, limits.ladderRatio);
  const free = Math.max(0, (await disk.freeBytes()) - limits.lowWaterBytes);
  if (needed + promised <= free && free > 0) return;
  throw new ServiceError(
    "storage_full",
    `No room left: this file and its renditions need about ${needed} bytes, ${free} are free, and ${promised} of them ` +
      "are promised to uploads under way",
    { details: { needed_bytes: needed, free_bytes: free, promised_bytes: promised } },
  );
}

function refuseTooLarge(limits: Limits, { totalChunks, fileSizeBytes, chunkSizeBytes }: Asked): void {
  const figures = [
    ["A file", "bytes", fileSizeBytes, limits.maxFileBytes, "max_file_bytes"],
    ["A chunk", "bytes", chunkSizeBytes, limits.maxChunkBytes, "max_chunk_bytes"],
    ["An upload", "chunks", totalChunks, limits.maxChunks, "max_chunks"],
  ] as const;
  for (const [what, unit, value, most, name] of figures) {
    // A single chunk is as large as its file, whatever was declared for the others.
    if (value === null || value <= most || (name === "max_chunk_bytes" && totalChunks === 1)) continue;
    throw new ServiceError("too_large", `${what} may have ${most} ${unit}; got ${value}`, {
      details: { [name]: most },
    });
  }
}

function refuseTooMany(database: UploadDatabase, limits: Limits, client: string | null): void {
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

/** What open uploads that have said their size will still need. */
function promisedBytes(database: UploadDatabase, ladderRatio: number): number {
  const received = sql<number>`(select coalesce(sum(${chunks.sizeBytes}), 0) from ${chunks} where ${chunks.uploadId} = ${uploads.id})`;
  const open = database
    .select({ fileSizeBytes: uploads.fileSizeBytes, appendedBytes: uploads.appendedBytes, chunkBytes: received })
    .from(uploads)
    .where(and(eq(uploads.state, "receiving"), isNotNull(uploads.fileSizeBytes)))
    .all();
  const needed = open.map((one) =>
    neededBytes(one.fileSizeBytes ?? 0, one.appendedBytes ?? one.chunkBytes, ladderRatio),
  );
  return needed.reduce((sum, bytes) => sum + bytes, 0);
}

const neededBytes = (fileBytes: number, receivedBytes: number, ladderRatio: number): number =>
  Math.max(0, fileBytes - receivedBytes) + Math.ceil(fileBytes * ladderRatio);
