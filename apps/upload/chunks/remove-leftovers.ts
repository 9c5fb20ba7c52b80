/** What a service that died between a row and its files left behind. */
import { inArray } from "drizzle-orm";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../service.ts";

/**
 * Removes the folders of chunks that no upload needs: deleted ones, and those whose source is assembled. Call it at
 * start, before requests come in.
 */
export async function removeLeftovers({ database, chunks, log }: UploadDeps): Promise<void> {
  const rows = database
    .select({ id: uploads.id })
    .from(uploads)
    .where(inArray(uploads.state, ["receiving", "assembling"]))
    .all();
  const needed = new Set(rows.map((row) => row.id));
  for (const uploadId of chunks.uploadIds()) {
    if (needed.has(uploadId)) continue;
    log.info({ uploadId }, "removing chunks that no upload needs");
    await chunks.remove(uploadId);
  }
}
