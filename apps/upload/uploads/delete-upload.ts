/**
 * Deletes uploads: one on request, with every byte of it; and those that were idle for too long, whose space is free again. Only
 * receiving ones expire: what is complete stays. One with an active operation, such as a chunk that arrives slowly, does not
 * expire, however old its last byte.
 */
import { originalsKey } from "@video-backend/storage/layout";
import type { Limits } from "../admission/admit.ts";
import { storageFull } from "../chunks/body.ts";
import type { UploadDeps } from "../deps.ts";
import { uploadNotFound } from "./state.ts";
import type { UploadRecord } from "./store.ts";

export type DeleteDeps = Pick<UploadDeps, "uploads" | "sources" | "store" | "active">;

/**
 * The row goes first: from then on no chunk is accepted and no work starts. Then active operations are cancelled and waited for,
 * then the files are removed, so that nothing brings them back. Harmless if there is no such upload, or only its files.
 */
export async function deleteUpload(deps: DeleteDeps, uploadId: string): Promise<void> {
  const { active, sources, store } = deps;
  const removeFiles = async () => {
    using _alone = await active.acquire(uploadId, { supersede: uploadNotFound(uploadId, "complete") });
    await sources.remove(uploadId);
    await store.remove(originalsKey(uploadId));
  };
  await deleteRow(() => deps.uploads.delete(uploadId), removeFiles);
  await removeFiles();
}

/**
 * On a full disk even deleting a row may fail, since a database first writes what it will remove; only then the files are removed
 * before the row, and make room for it.
 */
async function deleteRow(
  deleteIt: () => Promise<UploadRecord | null>,
  removeFiles: () => Promise<void>,
): Promise<UploadRecord | null> {
  try {
    return await deleteIt();
  } catch (error) {
    if (!storageFull(error)) throw error;
    await removeFiles();
    return await deleteIt();
  }
}

type ExpiryDeps = Pick<UploadDeps, "uploads" | "tokens" | "sources" | "limits" | "now" | "active" | "log">;

const idleSince = ({ now, limits }: Pick<UploadDeps, "now" | "limits">): number => now() - limits.idleSeconds;

/** True for one that expires as soon as nobody works on it. */
export const isIdle = (deps: Pick<UploadDeps, "now" | "limits">, upload: Pick<UploadRecord, "state" | "updatedAt">) =>
  upload.state === "receiving" && upload.updatedAt <= idleSince(deps);

/** Metadata is told later (`handover/tell-expired.ts`). @returns false if it is not expired any more, or never was */
export async function expireUpload(deps: ExpiryDeps, uploadId: string): Promise<boolean> {
  const { active, sources, log } = deps;
  using alone = active.tryAcquire(uploadId);
  if (!alone) return false;
  const condition = { states: ["receiving"], idleSince: idleSince(deps) } as const;
  const removeFiles = () => sources.remove(uploadId);
  const deleted = await deleteRow(() => deps.uploads.expire(uploadId, condition), removeFiles);
  if (!deleted) return false;
  await removeFiles();
  log.info({ uploadId, updatedAt: deleted.updatedAt }, "an idle upload was deleted");
  return true;
}

/** All that are due, and the upload tokens that have expired. */
export async function expireUploads(deps: ExpiryDeps, signal: AbortSignal): Promise<void> {
  await deps.tokens.deleteExpired();
  for (const { id } of await deps.uploads.listIdle(idleSince(deps))) {
    if (signal.aborted) return;
    await expireUpload(deps, id);
  }
}

/** When it expires if nothing more is received, in epoch seconds; null for one that is complete, which stays. */
export function expiresAt(upload: Pick<UploadRecord, "state" | "updatedAt">, limits: Limits): number | null {
  return upload.state === "receiving" ? upload.updatedAt + limits.idleSeconds : null;
}
