/** Forgets a video. Who follows the feed (transcoding) ends its work on it. */
import { eq } from "drizzle-orm";
import { videos } from "../database/schema.ts";
import type { MetadataDeps } from "../service.ts";
import { findVideo } from "./find-video.ts";

/** @throws ServiceError `not_found` */
export function deleteVideo({ database, changes }: MetadataDeps, hash: string): void {
  database.transaction(
    (transaction) => {
      findVideo(transaction, hash);
      transaction.delete(videos).where(eq(videos.hash, hash)).run();
      changes.record(transaction, "video.deleted", hash);
    },
    { behavior: "immediate" },
  );
}
