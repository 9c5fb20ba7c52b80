/**
 * Takes in one chunk. Its bytes go to a temporary file as they come, so that neither a cut line nor a second sender of
 * the same index ever shows half a chunk under its name.
 */
import { rm } from "node:fs/promises";
import { invalidRequest } from "@video-backend/service";
import { ChunkFields } from "../contract.ts";
import type { UploadDeps } from "../service.ts";
import { type ChunkPlace, expectChunk, placeChunk } from "./place-chunk.ts";
import { readChunkForm } from "./read-chunk-form.ts";

/**
 * Fields that stand before the file are checked before a byte of it is written; the ones after it are checked then.
 *
 * @returns the index of the chunk, which is in place
 * @throws ServiceError as `expectChunk`; `malformed_request` for a broken form; `storage_full`
 */
export async function receiveChunk(deps: UploadDeps, request: Request): Promise<number> {
  const path = deps.chunks.temporaryPath();
  using visits = new DisposableStack();
  try {
    const fields = await readChunkForm(request, path, (known) => {
      const place = ChunkFields.safeParse(known);
      if (!place.success) return undefined;
      expectChunk(deps.database, placeOf(place.data));
      return visits.use(deps.work.enter(place.data.upload_id)).signal;
    });
    const parsed = ChunkFields.safeParse(fields);
    if (!parsed.success) throw invalidRequest("form", parsed.error);
    placeChunk(deps, placeOf(parsed.data), path);
    return parsed.data.index;
  } finally {
    await rm(path, { force: true });
  }
}

const placeOf = (fields: ChunkFields): ChunkPlace => ({ uploadId: fields.upload_id, index: fields.index });
