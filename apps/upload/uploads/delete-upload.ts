/** Forgets an upload and removes every byte of it. */
import { eq } from "drizzle-orm";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { uploadNotFound } from "./find-upload.ts";
import { forgetRow } from "./forget-row.ts";

/**
 * The row goes first: from then on no chunk is put in place and no work begins. Then what runs is ended and waited for,
 * then the files go, so that nothing brings them back. Harmless when there is no such upload, or only its files.
 */
export async function deleteUpload({ database, work, sources, store }: UploadDeps, uploadId: string): Promise<void> {
  const removeFiles = async () => {
    await work.end(uploadId, uploadNotFound(uploadId, "complete"));
    await sources.remove(uploadId);
    await store.remove(`originals/${uploadId}`);
  };
  await forgetRow(database, eq(uploads.id, uploadId), removeFiles);
  await removeFiles();
}
