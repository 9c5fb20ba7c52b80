/** A row as the contract shows it. */
import type { Video } from "../contract.ts";
import type { ReadVideo } from "./video-columns.ts";

/** `status` is for people: what is stopped is not `transcoding`, whatever the encoder last said. */
export function presentVideo(row: ReadVideo): Video {
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
    visibility: row.visibility,
    sha256: row.sha256,
    duplicate_of: row.duplicateOf,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
  };
}
