/** Every change of an upload's state. */
import { ServiceError } from "@video-backend/service";
import { and, eq, inArray } from "drizzle-orm";
import type { UploadDatabase } from "../database/open.ts";
import { type UploadRow, type UploadState, uploads } from "../database/schema.ts";
import { findUpload } from "./find-upload.ts";
import { statesBefore } from "./upload-state.ts";

/**
 * Moves an upload to `next` if its state allows that, together with what is known of it from then on.
 *
 * @param now epoch seconds
 * @throws ServiceError `not_found` when it was deleted; `conflict` naming the state it is in
 */
export function moveUpload(
  database: Pick<UploadDatabase, "select" | "update">,
  uploadId: string,
  next: UploadState,
  now: number,
  known: Partial<Pick<UploadRow, "sourceSizeBytes" | "error" | "failedTries" | "nextTryAt" | "sha256">> = {},
): UploadRow {
  const accepted = statesBefore(next);
  const [moved] = database
    .update(uploads)
    .set({ ...known, state: next, updatedAt: now })
    .where(and(eq(uploads.id, uploadId), inArray(uploads.state, accepted)))
    .returning()
    .all();
  if (moved) return moved;
  const { state } = findUpload(database, uploadId);
  throw new ServiceError("conflict", `An upload that is ${state} cannot become ${next}`, {
    details: { upload_id: uploadId, state, accepted },
  });
}
