/** Finds a video, and tells why there is none. */
import { ServiceError } from "@video-backend/service";
import type { MetadataDeps } from "../deps.ts";
import type { VideoRecord } from "./store.ts";

type Deps = Pick<MetadataDeps, "videos">;

/** @throws ServiceError `not_found`: Video not found */
export async function findVideo(deps: Deps, hash: string): Promise<VideoRecord> {
  const video = await deps.videos.find(hash);
  if (!video) throw await videoNotFound(deps, hash);
  return video;
}

/** With `deleted_at` if it was deleted. A database that was lost knows neither the video nor its deletion. */
export async function videoNotFound({ videos }: Deps, hash: string): Promise<ServiceError> {
  const deletedAt = await videos.deletedAt(hash);
  const details = { hash, ...(deletedAt !== null && { deleted_at: deletedAt }) };
  return new ServiceError("not_found", "Video not found", { details });
}
