/** Registers a video. */
import { eq } from "drizzle-orm";
import type { NewVideo } from "../contract.ts";
import { videos } from "../database/schema.ts";
import type { MetadataDeps } from "../service.ts";

/** Registering a known hash changes nothing and answers the video that is there, so upload may repeat itself. */
export function createVideo({ database, changes, now }: MetadataDeps, video: NewVideo): { id: number; hash: string } {
  return database.transaction(
    (transaction) => {
      const known = transaction
        .select({ id: videos.id, hash: videos.hash })
        .from(videos)
        .where(eq(videos.hash, video.hash))
        .get();
      if (known) return known;
      const created = transaction
        .insert(videos)
        .values({
          hash: video.hash,
          filename: video.filename,
          title: video.title ?? null,
          description: video.description ?? null,
          thumbnailFilename: video.thumbnail_filename ?? null,
          visibility: video.visibility,
          createdAt: now(),
          updatedAt: now(),
        })
        .returning({ id: videos.id, hash: videos.hash })
        .get();
      changes.record(transaction, "video.created", video.hash);
      return created;
    },
    { behavior: "immediate" },
  );
}
