/** Subtitle tracks as HLS tells of them (RFC 8216, 4.3.4.1): their folders, their lines in the master, their playlist. */
import { subtitleFile, subtitlePlaylistPath } from "@video-backend/storage/layout";
import { namedTracks } from "../track-names.ts";

/** A track whose files are in place. */
export interface SubtitleTrack {
  /** Below `hls/{id}/subtitles/`. */
  folder: string;
  title: string | null;
  /** BCP 47. */
  language: string | null;
  isDefault: boolean;
  isForced: boolean;
}

/** What a track is called that has neither title nor language. */
export const unnamedSubtitles = "Subtitles";

/** The one that shows when nobody chooses, if any: the first that the source marks so, else a forced one. */
export const presetTrack = (tracks: SubtitleTrack[]): SubtitleTrack | undefined =>
  tracks.find((track) => track.isDefault) ?? tracks.find((track) => track.isForced);

/** The lines of the master. */
export function subtitleLines(tracks: SubtitleTrack[]): string[] {
  const preset = presetTrack(tracks);
  return namedTracks(tracks, unnamedSubtitles).map(({ folder, name, language, isForced }) => {
    const attributes = [
      "TYPE=SUBTITLES",
      'GROUP-ID="subtitles"',
      `NAME="${name}"`,
      ...(language ? [`LANGUAGE="${language}"`] : []),
      `DEFAULT=${preset?.folder === folder ? "YES" : "NO"}`,
      "AUTOSELECT=YES",
      `FORCED=${isForced ? "YES" : "NO"}`,
      `URI="${subtitlePlaylistPath(folder)}"`,
    ];
    return `#EXT-X-MEDIA:${attributes.join(",")}`;
  });
}

/** The playlist of a track: one segment, as long as the video. */
export function subtitlePlaylist(durationSeconds: number): string {
  return `${[
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.round(durationSeconds))}`,
    "#EXT-X-PLAYLIST-TYPE:VOD",
    `#EXTINF:${durationSeconds.toFixed(6)},`,
    subtitleFile,
    "#EXT-X-ENDLIST",
  ].join("\n")}\n`;
}
