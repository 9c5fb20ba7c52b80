/** Removes a video's thumbnails, of every kind it ever had. */
import { thumbnailsKey } from "@video-backend/storage/layout";
import type { AdminDeps } from "../deps.ts";

/** Harmless when there are none. */
export function removeThumbnail({ store }: Pick<AdminDeps, "store">, videoId: string): Promise<void> {
  return store.remove(thumbnailsKey(videoId));
}
