/** The subtitle tracks of videos. A row without a reason says that its files are in place. */
import type { SubtitleTrack } from "@video-backend/media";
import type { SubtitleRow } from "../database/schema.ts";

/** What every adapter promises; `database/stores.suite.ts` holds each of them to it. */
export interface Subtitles {
  /** All of a video: sidecars by language, then the source's own in the order of the file. */
  list(videoId: string): Promise<SubtitleRow[]>;
  /** Sidecars of one video, or of all. */
  sidecars(videoId?: string): Promise<SubtitleRow[]>;
  /** Enters a track, in place of the one of that folder. */
  enter(row: SubtitleRow): Promise<void>;
  remove(videoId: string, folder: string): Promise<void>;
}

/** Those that the master lists. */
export async function playedTracks({ subtitles }: { subtitles: Subtitles }, videoId: string): Promise<SubtitleTrack[]> {
  const rows = await subtitles.list(videoId);
  return rows
    .filter((row) => row.reason === null)
    .map(({ isDefault, isForced, ...row }) => ({ ...row, isDefault: isDefault === 1, isForced: isForced === 1 }));
}
