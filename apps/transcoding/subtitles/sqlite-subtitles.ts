/** The subtitle tracks in SQLite. */
import { retryWhileBusy } from "@video-backend/database";
import { and, eq } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { type SubtitleRow, subtitles } from "../database/schema.ts";
import type { Subtitles } from "./subtitles.ts";

export function createSqliteSubtitles(database: TranscodingDatabase): Subtitles {
  return {
    async list(videoId) {
      const ofVideo = database.select().from(subtitles).where(eq(subtitles.videoId, videoId));
      const rows = ofVideo.orderBy(subtitles.folder).all();
      const embedded = rows.filter((row) => row.source === "embedded");
      return [
        ...rows.filter((row) => row.source === "sidecar"),
        ...embedded.sort((a, b) => positionOf(a) - positionOf(b)),
      ];
    },
    async sidecars(videoId) {
      const isSidecar = eq(subtitles.source, "sidecar");
      const where = videoId === undefined ? isSidecar : and(isSidecar, eq(subtitles.videoId, videoId));
      return database.select().from(subtitles).where(where).all();
    },
    async enter(row) {
      const { videoId: _, folder: __, ...fields } = row;
      const target = [subtitles.videoId, subtitles.folder];
      const upsert = () => database.insert(subtitles).values(row).onConflictDoUpdate({ target, set: fields }).run();
      await retryWhileBusy(database, upsert);
    },
    async remove(videoId, folder) {
      const one = and(eq(subtitles.videoId, videoId), eq(subtitles.folder, folder));
      await retryWhileBusy(database, () => database.delete(subtitles).where(one).run());
    },
  };
}

/** In the source; what has no number comes last. */
const positionOf = ({ folder }: SubtitleRow): number => Number.parseInt(folder, 10) || Number.MAX_SAFE_INTEGER;
