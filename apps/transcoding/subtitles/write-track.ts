/** Puts the two files of a subtitle track in place: its WebVTT, and the playlist that names it. */
import { type Plan, subtitlePlaylist, wholeSeconds } from "@video-backend/media";
import { type Captions, onMediaTimeline, writeWebvtt } from "@video-backend/media/captions";
import type { BlobStore } from "@video-backend/storage";
import {
  streamKey,
  streamsKey,
  subtitlePath,
  subtitlePlaylistPath,
  subtitlesFolder,
} from "@video-backend/storage/layout";

export const trackKey = (videoId: string, folder: string): string =>
  `${streamsKey(videoId)}/${subtitlesFolder}/${folder}`;

export async function writeTrack(
  store: BlobStore,
  { videoId, plan, folder }: { videoId: string; plan: Plan; folder: string },
  captions: Captions,
): Promise<void> {
  await store.put(streamKey(videoId, subtitlePath(folder)), writeWebvtt(captions, [onMediaTimeline]));
  await store.put(streamKey(videoId, subtitlePlaylistPath(folder)), subtitlePlaylist(wholeSeconds(plan)));
}
