/** Which images for people there are of a video: those whose file is in place, as with segments. */
import type { BlobStore } from "@video-backend/storage";
import { posterFile, storyboardFile, streamKey } from "@video-backend/storage/layout";

/** Their paths below `hls/{id}/`; null where there is none. */
export async function findImages(store: Pick<BlobStore, "exists">, videoId: string) {
  const find = async (file: string) => ((await store.exists(streamKey(videoId, file))) ? file : null);
  return { poster: await find(posterFile), storyboard: await find(storyboardFile) };
}
