/** Forgets a video, and remembers that it was deleted: by that each owner of its files removes them, also later. */
import { messageOf } from "@video-backend/service";
import { eq } from "drizzle-orm";
import { deletions, type VideoRow, videos } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";
import { unmarkUnlessPrivate } from "../visibility/private-marks.ts";
import { findVideo } from "./find-video.ts";

/**
 * A private video stays closed until its files are gone, which may be later.
 *
 * @throws ServiceError `not_found`
 */
export async function deleteVideo(deps: MetadataDeps, hash: string): Promise<void> {
  await deps.takeTurn(async () => {
    const { visibility } = deleteRow(deps, hash);
    if (visibility !== "private") return;
    await unmarkUnlessPrivate(deps, hash).catch((error: unknown) => {
      deps.log.warn(
        { hash, reason: messageOf(error) },
        "the mark of a deleted private video stays until marks are restored",
      );
    });
  });
}

function deleteRow({ database, changes, now }: MetadataDeps, hash: string): VideoRow {
  return database.transaction(
    (transaction) => {
      const row = findVideo(transaction, hash);
      transaction.delete(videos).where(eq(videos.hash, hash)).run();
      transaction.insert(deletions).values({ hash, deletedAt: now() }).onConflictDoNothing().run();
      changes.record(transaction, "video.deleted", hash);
      return row;
    },
    { behavior: "immediate" },
  );
}
