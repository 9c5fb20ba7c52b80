/** Removes a video's thumbnails, of every kind it ever had. */
import type { AdminDeps } from "../deps.ts";
import { thumbnailFolder } from "./thumbnail-key.ts";

/** Harmless when there are none. */
export function removeThumbnail({ store }: Pick<AdminDeps, "store">, videoId: string): Promise<void> {
  return store.remove(thumbnailFolder(videoId));
}
