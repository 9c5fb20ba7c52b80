/** How large a source is, by what counts of it. */

import { receivedChunks } from "../chunks/received-chunks.ts";
import type { UploadDatabase } from "../database/open.ts";
import type { UploadRow } from "../database/schema.ts";

/**
 * Bytes that are here and count.
 *
 * @throws Error when whole chunks leave a gap or overlap: the rule of placement makes that impossible
 */
export function sizeOf(database: Pick<UploadDatabase, "select">, upload: UploadRow): number {
  if (upload.sourceSizeBytes !== null) return upload.sourceSizeBytes;
  if (upload.appendedBytes !== null) return upload.appendedBytes;
  const received = receivedChunks(database, upload.id);
  const isWhole = received.length === upload.totalChunks;
  let sizeBytes = 0;
  for (const chunk of received) {
    if (isWhole && chunk.offsetBytes !== sizeBytes) {
      throw new Error(`Chunk ${chunk.index} of ${upload.id} is at ${chunk.offsetBytes}, not at ${sizeBytes}`);
    }
    sizeBytes += chunk.sizeBytes;
  }
  return sizeBytes;
}
