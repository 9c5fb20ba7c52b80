/**
 * Forgets uploads that lay still for too long, and their space is free again. Only open ones: what is complete stays. One
 * that somebody is at work on, a chunk that comes in slowly or a download, is not abandoned, however old its last byte.
 */
import { and, eq, lte, type SQL } from "drizzle-orm";
import { type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { forgetRow } from "./forget-row.ts";

/** Those that may go at this moment, in no order. */
export function expiredUploads(deps: Pick<UploadDeps, "database" | "limits" | "now" | "work">): UploadRow[] {
  const idle = deps.database.select().from(uploads).where(isExpired(deps)).all();
  return idle.filter(({ id }) => !deps.work.isVisited(id));
}

/**
 * The row goes first, in the same turn in which nobody was at work on it: from then on it is 404, and nothing comes in.
 *
 * @returns false when it is not expired any more, or never was
 */
export async function expireUpload(deps: UploadDeps, uploadId: string): Promise<boolean> {
  const { database, work, sources, log } = deps;
  if (work.isVisited(uploadId)) return false;
  const removeFiles = () => sources.remove(uploadId);
  const gone = await forgetRow(database, and(eq(uploads.id, uploadId), isExpired(deps)), removeFiles);
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

/** As `admission/expiry.ts` tells it to clients. */
const isExpired = ({ limits, now }: Pick<UploadDeps, "limits" | "now">): SQL | undefined =>
  and(eq(uploads.state, "receiving"), lte(uploads.updatedAt, now() - limits.idleSeconds));
