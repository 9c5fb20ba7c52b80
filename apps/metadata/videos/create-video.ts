/** Registers a video. */
import type { NewVideo } from "../contract.ts";
import type { MetadataDeps } from "../deps.ts";
import { markPrivate, removeNeedlessMark } from "../visibility/private-marks.ts";
import type { VideoRecord } from "./store.ts";

/** Registering a hash that exists changes nothing and answers that video, so upload may repeat the request. */
export async function createVideo(
  deps: Pick<MetadataDeps, "videos" | "store" | "exclusion">,
  video: NewVideo,
): Promise<Pick<VideoRecord, "id" | "hash">> {
  const { hash, filename, visibility } = video;
  using _alone = await deps.exclusion.acquire(hash);
  const known = await deps.videos.find(hash);
  if (known) return { id: known.id, hash };
  if (visibility === "private") await markPrivate(deps, hash);
  const created = await deps.videos.create({
    hash,
    filename,
    title: video.title ?? null,
    description: video.description ?? null,
    thumbnailFilename: video.thumbnail_filename ?? null,
    visibility,
  });
  await removeNeedlessMark(deps, hash);
  return created;
}
