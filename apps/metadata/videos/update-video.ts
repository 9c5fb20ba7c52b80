/** Changes what may be changed of a video. */
import { ServiceError } from "@video-backend/service";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { SQLiteUpdateSetSource } from "drizzle-orm/sqlite-core";
import type { VideoChanges } from "../contract.ts";
import { videos } from "../database/schema.ts";
import type { MetadataDeps } from "../deps.ts";
import { markPrivate, unmarkUnlessPrivate } from "../visibility/private-marks.ts";
import { findVideo } from "./find-video.ts";
import { statesBefore, transitions } from "./transcoding-status.ts";

/**
 * Fields that are absent stay as they are. A video that becomes private is closed when this resolves.
 *
 * @throws ServiceError `not_found`; `conflict` when the transcoding status cannot become that from what it is
 */
export async function updateVideo(deps: MetadataDeps, hash: string, fields: VideoChanges): Promise<void> {
  if (fields.visibility === undefined) return updateRow(deps, hash, fields);
  await deps.takeTurn(async () => {
    findVideo(deps.database, hash);
    if (fields.visibility === "private") await markPrivate(deps, hash);
    try {
      updateRow(deps, hash, fields);
    } finally {
      await unmarkUnlessPrivate(deps, hash);
    }
  });
}

function updateRow({ database, changes, now }: MetadataDeps, hash: string, fields: VideoChanges): void {
  const next = fields.transcoding_status;
  database.transaction(
    (transaction) => {
      const before = findVideo(transaction, hash);
      const [updated] = transaction
        .update(videos)
        .set({ ...columnsOf(fields), updatedAt: now() })
        .where(and(eq(videos.hash, hash), next ? inArray(videos.transcodingStatus, statesBefore(next)) : undefined))
        .returning({ hash: videos.hash })
        .all();
      if (!updated) {
        const state = before.transcodingStatus;
        const accepted = [state, ...transitions[state]];
        throw new ServiceError(
          "conflict",
          `A video that is ${state} cannot become ${next}; accepted: ${accepted.join(", ")}`,
          {
            details: { hash, state, accepted },
          },
        );
      }
      changes.record(transaction, "video.updated", hash);
    },
    { behavior: "immediate" },
  );
}

function columnsOf(fields: VideoChanges): SQLiteUpdateSetSource<typeof videos> {
  const columns = {
    filename: fields.filename,
    title: fields.title,
    description: fields.description,
    thumbnailFilename: thumbnailOf(fields),
    originalResolution: fields.original_resolution,
    originalQualityLabel: fields.original_quality_label,
    duration: fields.duration,
    transcodingStatus: fields.transcoding_status,
    error: fields.error,
    visibility: fields.visibility,
    sha256: fields.sha256,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

/** What somebody chose counts; the default is taken by the very statement that sees that there is none. */
function thumbnailOf({ thumbnail_filename: chosen, default_thumbnail_filename: otherwise }: VideoChanges) {
  if (chosen !== undefined || otherwise === undefined) return chosen;
  return sql`coalesce(${videos.thumbnailFilename}, ${otherwise})`;
}
