/** Forgets an upload and removes every byte of it. */
import { eq, type SQL } from "drizzle-orm";
import { storageFull } from "../chunks/body.ts";
import { type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { uploadNotFound } from "./find-upload.ts";

/**
 * The row goes first: from then on no chunk is put in place and no work begins. Then what runs is ended and waited for,
 * then the files go, so that nothing brings them back. Harmless when there is no such upload, or only its files.
 */
export async function deleteUpload(deps: UploadDeps, uploadId: string): Promise<void> {
  const { work, sources, store } = deps;
  const removeFiles = async () => {
    using _alone = await work.acquire(uploadId, { supersede: uploadNotFound(uploadId, "complete") });
    await sources.remove(uploadId);
    await store.remove(`originals/${uploadId}`);
  };
  await forgetRow(deps, eq(uploads.id, uploadId), removeFiles);
  await removeFiles();
}

/**
 * Deletes the row that fits `isIt`, before anything is awaited. On a disk that is full even that may be too much, since a
 * database first writes down what it will remove; only then the files go before the row, and make room for it.
 *
 * @returns the row; undefined when there was none
 */
export async function forgetRow(
  { database }: Pick<UploadDeps, "database">,
  isIt: SQL | undefined,
  removeFiles: () => Promise<void>,
): Promise<UploadRow | undefined> {
  const forget = () => database.delete(uploads).where(isIt).returning().all()[0];
  try {
    return forget();
  } catch (error) {
    if (!storageFull(error)) throw error;
    await removeFiles();
    return forget();
  }
}
