/** Opens the source of an upload for a chunk. */
import type { FileHandle } from "node:fs/promises";
import { eq } from "drizzle-orm";
import { chunks } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";

/**
 * Init has made the source. One that is gone (somebody's hand, another disk) has taken the chunks with it: their rows go,
 * so that they are missing and not zeros, and a new source is begun.
 */
export async function openSource({ sources, database, log }: UploadDeps, uploadId: string): Promise<FileHandle> {
  try {
    return await sources.open(uploadId);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    log.error({ uploadId }, "the source of an upload is gone; its chunks have to come again");
    database.delete(chunks).where(eq(chunks.uploadId, uploadId)).run();
    await sources.create(uploadId);
    return sources.open(uploadId);
  }
}
