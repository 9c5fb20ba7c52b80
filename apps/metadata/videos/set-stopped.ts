/** Somebody's wish that a video's transcoding stop, or go on. Transcoding follows the feed and obeys. */
import { eq } from "drizzle-orm";
import { videos } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";
import { findVideo } from "./find-video.ts";

/**
 * Wishing what is wished already changes nothing and tells nobody.
 *
 * @throws ServiceError `not_found`
 */
export function setStopped({ database, changes, now }: MetadataDeps, hash: string, stopped: boolean): void {
  database.transaction(
    (transaction) => {
      if (findVideo(transaction, hash).stopped === Number(stopped)) return;
      transaction
        .update(videos)
        .set({ stopped: Number(stopped), updatedAt: now() })
        .where(eq(videos.hash, hash))
        .run();
      changes.record(transaction, "video.updated", hash);
    },
    { behavior: "immediate" },
  );
}

/** False for a hash that nobody registered. */
export function isStopped({ database }: MetadataDeps, hash: string): boolean {
  return database.select({ stopped: videos.stopped }).from(videos).where(eq(videos.hash, hash)).get()?.stopped === 1;
}
