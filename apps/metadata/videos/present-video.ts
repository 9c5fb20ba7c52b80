/** A video as the contract shows it. */
import type { Video } from "./contract.ts";
import type { VideoRecord } from "./store.ts";

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
    playable_at: video.playableAt,
    sha256: video.sha256,
    duplicate_of: video.duplicateOf,
    created_at: video.createdAt,
    updated_at: video.updatedAt,
  };
}
