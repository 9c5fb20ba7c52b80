/** Which chunks of an upload are here. */
import { asc, eq } from "drizzle-orm";
import type { UploadDatabase } from "../database/open.ts";
import { chunks } from "../database/schema.ts";

export interface ReceivedChunk {
  index: number;
  sizeBytes: number;
}

/** In ascending order of index; one each, however often it was sent. */
export function receivedChunks(database: Pick<UploadDatabase, "select">, uploadId: string): ReceivedChunk[] {
  return database
    .select({ index: chunks.index, sizeBytes: chunks.sizeBytes })
    .from(chunks)
    .where(eq(chunks.uploadId, uploadId))
    .orderBy(asc(chunks.index))
    .all();
}

/** The indexes below `total` that are not among the received ones, ascending. */
export function missingIndexes(received: readonly number[], total: number): number[] {
  const here = new Set(received);
  return Array.from({ length: total }, (_, index) => index).filter((index) => !here.has(index));
}
