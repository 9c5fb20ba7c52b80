/** What of a video is in the storage. */
import type { BlobStore } from "@video-backend/storage";
import { originalKey, originalNameProblem, originalsKey, streamsKey } from "@video-backend/storage/layout";

/** True where there is anything. */
export async function filesOf(store: BlobStore, videoId: string): Promise<{ originals: boolean; hls: boolean }> {
  const [originals, hls] = await Promise.all([store.exists(originalsKey(videoId)), store.exists(streamsKey(videoId))]);
  return { originals, hls };
}

/** Bytes of the original; null where there is none, or its name is no name of a file. */
export async function sizeOf(store: BlobStore, video: { hash: string; filename: string }): Promise<number | null> {
  if (originalNameProblem(video.filename) !== null) return null;
  const stored = await store.open(originalKey(video.hash, video.filename)).catch(() => null);
  return stored?.sizeBytes ?? null;
}
