/**
 * Forgets uploads: one that is deleted, with every byte of it; and those that lay still for too long, whose space is free
 * again. Only open ones expire: what is complete stays. One that somebody is at work on, a chunk that comes in slowly or a
 * download, is not abandoned, however old its last byte.
 */
import { originalsKey } from "@video-backend/storage/layout";
import { and, eq, lte, type SQL } from "drizzle-orm";
import type { Limits } from "../admission/admit.ts";
import { storageFull } from "../chunks/body.ts";
import { type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { uploadNotFound } from "./state.ts";

/**
 * The row goes first: from then on no chunk is put in place and no work begins. Then what runs is ended and waited for,
 * then the files go, so that nothing brings them back. Harmless when there is no such upload, or only its files.
 */
export async function deleteUpload(deps: UploadDeps, uploadId: string): Promise<void> {
  const { work, sources, store } = deps;
  const removeFiles = async () => {
    using _alone = await work.acquire(uploadId, { supersede: uploadNotFound(uploadId, "complete") });
    await sources.remove(uploadId);
    await store.remove(originalsKey(uploadId));
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
async function forgetRow(
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

/** Those that may go at this moment, in no order. */
export function expiredUploads(deps: Pick<UploadDeps, "database" | "limits" | "now" | "work">): UploadRow[] {
  const idle = deps.database.select().from(uploads).where(isExpired(deps)).all();
  return idle.filter(({ id }) => !deps.work.isHeld(id));
}

/**
 * The row goes first, in the same turn in which nobody was at work on it: from then on it is 404, and nothing comes in.
 *
 * @returns false when it is not expired any more, or never was
 */
export async function expireUpload(deps: UploadDeps, uploadId: string): Promise<boolean> {
  const { work, sources, log } = deps;
  if (work.isHeld(uploadId)) return false;
  const removeFiles = () => sources.remove(uploadId);
  const gone = await forgetRow(deps, and(eq(uploads.id, uploadId), isExpired(deps)), removeFiles);
  if (!gone) return false;
  await removeFiles();
  log.info({ uploadId, updatedAt: gone.updatedAt }, "an upload that lay still was forgotten");
  return true;
}

/** All that are due. */
export async function expireUploads(deps: UploadDeps, signal: AbortSignal): Promise<void> {
  for (const { id } of expiredUploads(deps)) {
    if (signal.aborted) return;
    await expireUpload(deps, id);
  }
}

/** When it expires as things are, in epoch seconds; null for one that is complete, which stays. */
export function expiresAt(upload: Pick<UploadRow, "state" | "updatedAt">, limits: Limits): number | null {
  return upload.state === "receiving" ? upload.updatedAt + limits.idleSeconds : null;
}

const isExpired = ({ limits, now }: Pick<UploadDeps, "limits" | "now">): SQL | undefined =>
  and(eq(uploads.state, "receiving"), lte(uploads.updatedAt, now() - limits.idleSeconds));
