/** The subtitle tracks of videos, as the database has them. A row without a reason says that its files are in place. */
import type { SubtitleTrack } from "@video-backend/media";
import { and, eq } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { type SubtitleRow, subtitles } from "../database/schema.ts";

export interface Subtitles {
  /** All of a video: sidecars by language, then the source's own in the order of the file. */
  list(videoId: string): SubtitleRow[];
  /** Those that the master lists. */
  played(videoId: string): SubtitleTrack[];
  /** Sidecars of one video, or of all. */
  sidecars(videoId?: string): SubtitleRow[];
  /** Enters a track, in place of the one of that folder. */
  enter(row: SubtitleRow): void;
  remove(videoId: string, folder: string): void;
}

export function createSubtitles(database: TranscodingDatabase): Subtitles {
  function list(videoId: string): SubtitleRow[] {
    const rows = database
      .select()
      .from(subtitles)
      .where(eq(subtitles.videoId, videoId))
      .orderBy(subtitles.folder)
      .all();
    const embedded = rows.filter((row) => row.source === "embedded");
    return [
      ...rows.filter((row) => row.source === "sidecar"),
      ...embedded.sort((a, b) => positionOf(a) - positionOf(b)),
    ];
  }

  return {
    list,
    played: (videoId) =>
      list(videoId)
        .filter((row) => row.reason === null)
        .map(({ isDefault, isForced, ...row }) => ({ ...row, isDefault: isDefault === 1, isForced: isForced === 1 })),
    sidecars(videoId) {
      const isSidecar = eq(subtitles.source, "sidecar");
      const where = videoId === undefined ? isSidecar : and(isSidecar, eq(subtitles.videoId, videoId));
      return database.select().from(subtitles).where(where).all();
    },
    enter(row) {
      const { videoId, folder, ...fields } = row;
      database
        .insert(subtitles)
        .values(row)
        .onConflictDoUpdate({ target: [subtitles.videoId, subtitles.folder], set: fields })
        .run();
    },
    remove(videoId, folder) {
      database
        .delete(subtitles)
        .where(and(eq(subtitles.videoId, videoId), eq(subtitles.folder, folder)))
        .run();
    },
  };
}

/** In the source; what has no number comes last. */
const positionOf = ({ folder }: SubtitleRow): number => Number.parseInt(folder, 10) || Number.MAX_SAFE_INTEGER;
