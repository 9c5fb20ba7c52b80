/** Finds the image that stands for a video: the one it names as its thumbnail, else the poster that was made of it. */
import { ServiceError } from "@video-backend/service";
import type { StoredBlob } from "@video-backend/storage";
import { posterFile, streamKey, thumbnailKey, thumbnailKindOf } from "@video-backend/storage/layout";
import { parseResponse } from "hono/client";
import type { AdminDeps } from "../deps.ts";
import { imageTypes } from "./image-kind.ts";

/** @throws ServiceError `not_found`: Video not found, Thumbnail not found; `unavailable` without metadata */
export async function findThumbnail(
  { services, store }: AdminDeps,
  videoId: string,
): Promise<StoredBlob & { mediaType: string }> {
  const video = await parseResponse(services.metadata.client.videos[":hash"].$get({ param: { hash: videoId } }));
  const kind = thumbnailKindOf(video.thumbnail_filename ?? "");
  const uploaded = kind && (await store.open(thumbnailKey(videoId, kind)));
  if (uploaded) return { ...uploaded, mediaType: imageTypes[kind] };
  const poster = await store.open(streamKey(videoId, posterFile));
  if (!poster) throw new ServiceError("not_found", "Thumbnail not found");
  return { ...poster, mediaType: imageTypes.jpg };
}
