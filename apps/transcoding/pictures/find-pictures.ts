/** Which pictures for people there are of a video: those whose file is in place, as with segments. */
import { posterFile, storyboardFile } from "@video-backend/media";
import type { BlobStore } from "@video-backend/storage";

/** Their paths below `hls/{id}/`; null where there is none. */
export async function findPictures(store: Pick<BlobStore, "exists">, videoId: string) {
  const find = async (file: string) => ((await store.exists(`hls/${videoId}/${file}`)) ? file : null);
  return { poster: await find(posterFile), storyboard: await find(storyboardFile) };
}
