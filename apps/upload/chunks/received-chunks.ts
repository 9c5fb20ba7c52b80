/** Which chunks of an upload are here. */
import { and, asc, eq } from "drizzle-orm";
import type { UploadDatabase } from "../database/open.ts";
import { type ChunkRow, chunks } from "../database/schema.ts";

/** In ascending order of index; one each, however often it was sent. */
export function receivedChunks(database: Pick<UploadDatabase, "select">, uploadId: string): ChunkRow[] {
  return database
    .select()
    .from(chunks)
    .where(and(eq(chunks.uploadId, uploadId), eq(chunks.whole, true)))
    .orderBy(asc(chunks.index))
    .all();
}

/** The indexes below `total` that are not among the received ones, ascending. */
export function missingIndexes(received: readonly number[], total: number): number[] {
  const here = new Set(received);
  return Array.from({ length: total }, (_, index) => index).filter((index) => !here.has(index));
}
