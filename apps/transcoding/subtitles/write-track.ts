/** Puts the two files of a subtitle track in place: its WebVTT, and the playlist that names it. */
import {
  type Plan,
  subtitleFile,
  subtitlePlaylist,
  subtitlePlaylistPath,
  subtitlesFolder,
  wholeSeconds,
} from "@video-backend/media";
import { type Captions, onMediaTimeline, writeWebvtt } from "@video-backend/media/captions";
import type { BlobStore } from "@video-backend/storage";

export const trackKey = (videoId: string, folder: string): string => `hls/${videoId}/${subtitlesFolder}/${folder}`;

export async function writeTrack(
  store: BlobStore,
  { videoId, plan, folder }: { videoId: string; plan: Plan; folder: string },
  captions: Captions,
): Promise<void> {
  await store.put(`${trackKey(videoId, folder)}/${subtitleFile}`, writeWebvtt(captions, [onMediaTimeline]));
  await store.put(`hls/${videoId}/${subtitlePlaylistPath(folder)}`, subtitlePlaylist(wholeSeconds(plan)));
}
