/**
 * The mark of a private video follows its record, in an order that leaves no gap: it exists before the record says private,
 * and is removed after the record says public, or after the files are removed. An interruption leaves a mark too many, which
 * keeps a video private until marks are restored; never one too few.
 */
import { folders, isVideoId, originalsKey, privateMarkKey, streamsKey } from "@video-backend/storage/layout";
import type { MetadataDeps } from "../deps.ts";

type Deps = Pick<MetadataDeps, "videos" | "store">;

/** Call it before the record says private, while holding the video. */
export async function markPrivate({ store }: Pick<Deps, "store">, hash: string): Promise<void> {
  await store.put(privateMarkKey(hash), "");
}

/** Removes the mark of a video unless its record, or files that are left of a deleted one, need it. Hold the video. */
export async function removeNeedlessMark({ videos, store }: Deps, hash: string): Promise<void> {
  const video = await videos.find(hash);
  const isNeeded = video ? video.visibility === "private" : await hasFiles(store, hash);
  if (!isNeeded) await store.remove(privateMarkKey(hash));
}

/** The services that own the files of a deleted video may remove them later than its record. */
async function hasFiles(store: MetadataDeps["store"], hash: string): Promise<boolean> {
  return (await store.exists(streamsKey(hash))) || (await store.exists(originalsKey(hash)));
}

/**
 * Aligns the marks with the records, at start and periodically: after an interruption, a restored backup, or a deletion. Its
 * cost follows the number of private videos, not of all videos.
 */
export async function restoreMarks(deps: Pick<MetadataDeps, "videos" | "store" | "exclusion">): Promise<void> {
  const listed = await deps.videos.listPrivate();
  const marked = (await deps.store.list(folders.privateMarks)).filter(isVideoId);
  for (const hash of new Set(listed).symmetricDifference(new Set(marked))) {
    using _alone = await deps.exclusion.acquire(hash);
    if ((await deps.videos.find(hash))?.visibility === "private") await markPrivate(deps, hash);
    else await removeNeedlessMark(deps, hash);
  }
}
