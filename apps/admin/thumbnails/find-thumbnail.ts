/** Finds the picture that stands for a video: the one it names as its thumbnail, else the poster that was made of it. */
import { ServiceError } from "@video-backend/service";
import type { StoredBlob } from "@video-backend/storage";
import { parseResponse } from "hono/client";
import type { AdminDeps } from "../deps.ts";
import { imageTypes } from "./image-kind.ts";
import { kindOfName, posterKey, thumbnailFolder } from "./thumbnail-key.ts";

/** @throws ServiceError `not_found`: Video not found, Thumbnail not found; `unavailable` without metadata */
export async function findThumbnail(
  { services, store }: AdminDeps,
  videoId: string,
): Promise<StoredBlob & { mediaType: string }> {
  const video = await parseResponse(services.metadata.client.videos[":hash"].$get({ param: { hash: videoId } }));
  const name = video.thumbnail_filename ?? "";
  const kind = kindOfName(name);
  const uploaded = kind && (await store.open(`${thumbnailFolder(videoId)}/${name}`));
  if (uploaded) return { ...uploaded, mediaType: imageTypes[kind] };
  const poster = await store.open(posterKey(videoId));
  if (!poster) throw new ServiceError("not_found", "Thumbnail not found");
  return { ...poster, mediaType: imageTypes.jpg };
}
