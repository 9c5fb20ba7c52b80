/** A row as the contract shows it. */
import type { Video } from "../contract.ts";
import type { VideoRow } from "../database/schema.ts";

/** `status` is for people: what is stopped is not `transcoding`, whatever the encoder last said. */
export function presentVideo(row: VideoRow): Video {
  return {
    id: row.id,
    hash: row.hash,
    filename: row.filename,
    title: row.title,
    description: row.description,
    thumbnail_filename: row.thumbnailFilename,
    original_resolution: row.originalResolution,
    original_quality_label: row.originalQualityLabel,
    duration: row.duration,
    status: row.stopped === 1 && row.transcodingStatus !== "completed" ? "stopped" : row.transcodingStatus,
    transcoding_status: row.transcodingStatus,
    error: row.error,
    stopped: row.stopped,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  };
}
