/** Which folders of a video are in the storage. */
import type { BlobStore } from "@video-backend/storage";

/** True where there is anything. */
export async function filesOf(store: BlobStore, videoId: string): Promise<{ originals: boolean; hls: boolean }> {
  const [originals, hls] = await Promise.all([store.exists(`originals/${videoId}`), store.exists(`hls/${videoId}`)]);
  return { originals, hls };
}
