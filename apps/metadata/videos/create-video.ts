/** Registers a video. */
import { eq } from "drizzle-orm";
import type { NewVideo } from "../contract.ts";
import { deletions, type VideoRow, videos } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";
import { markPrivate, unmarkUnlessPrivate } from "../visibility/private-marks.ts";

type Created = Pick<VideoRow, "id" | "hash">;

/** Registering a known hash changes nothing and answers the video that is there, so upload may repeat itself. */
export function createVideo(deps: MetadataDeps, video: NewVideo): Promise<Created> {
  return deps.takeTurn(async () => {
    const known = findRow(deps.database, video.hash);
    if (known) return known;
    if (video.visibility === "private") await markPrivate(deps, video.hash);
    const created = insertRow(deps, video);
    await unmarkUnlessPrivate(deps, video.hash);
    return created;
  });
}

function findRow(database: Pick<MetadataDeps["database"], "select">, hash: string): Created | undefined {
  return database.select({ id: videos.id, hash: videos.hash }).from(videos).where(eq(videos.hash, hash)).get();
}

function insertRow({ database, changes, now }: MetadataDeps, video: NewVideo): Created {
  return database.transaction(
    (transaction) => {
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
      // Somebody wants it again: what is left of the deleted one is not to be removed any more.
      transaction.delete(deletions).where(eq(deletions.hash, video.hash)).run();
      changes.record(transaction, "video.created", video.hash);
      return created;
    },
    { behavior: "immediate" },
  );
}
