/** Finds a video, and shows it as the contract does. */
import { ServiceError } from "@video-backend/service";
import type { Video } from "../contract.ts";
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

/** `status` is for people: a stopped video is not `transcoding`, whatever the encoder last reported. */
export function presentVideo(video: VideoRecord): Video {
  const { isStopped, transcodingStatus } = video;
  return {
    id: video.id,
    hash: video.hash,
    filename: video.filename,
    title: video.title,
    description: video.description,
    thumbnail_filename: video.thumbnailFilename,
    original_resolution: video.originalResolution,
    original_quality_label: video.originalQualityLabel,
    duration: video.duration,
    status: isStopped && transcodingStatus !== "completed" ? "stopped" : transcodingStatus,
    transcoding_status: transcodingStatus,
    error: video.error,
    stopped: Number(isStopped),
    visibility: video.visibility,
    sha256: video.sha256,
    duplicate_of: video.duplicateOf,
    created_at: video.createdAt,
    updated_at: video.updatedAt,
  };
}
