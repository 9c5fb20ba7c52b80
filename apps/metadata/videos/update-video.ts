/** Changes the editable fields of a video. */
import { ServiceError } from "@video-backend/service";
import type { VideoChanges } from "../contract.ts";
import type { MetadataDeps } from "../deps.ts";
import { markPrivate, removeNeedlessMark } from "../visibility/private-marks.ts";
import { findVideo, videoNotFound } from "./find-video.ts";
import { statusesBefore, transitions } from "./state.ts";
import type { VideoFields } from "./store.ts";

type Deps = Pick<MetadataDeps, "videos" | "store" | "exclusion">;

/**
 * Absent fields keep their value. A video that becomes private is marked as such when this resolves.
 *
 * @throws ServiceError `not_found`; `conflict` if the transcoding status cannot become that from what it is
 */
export async function updateVideo(deps: Deps, hash: string, fields: VideoChanges): Promise<void> {
  if (fields.visibility === undefined) return await updateFields(deps, hash, fields);
  using _alone = await deps.exclusion.acquire(hash);
  await findVideo(deps, hash);
  if (fields.visibility === "private") await markPrivate(deps, hash);
  try {
    await updateFields(deps, hash, fields);
  } finally {
    await removeNeedlessMark(deps, hash);
  }
}

async function updateFields(deps: Pick<Deps, "videos">, hash: string, fields: VideoChanges): Promise<void> {
  const next = fields.transcoding_status;
  const result = await deps.videos.update(hash, recordFieldsOf(fields), next && statusesBefore(next));
  if (!result) throw await videoNotFound(deps, hash);
  if (result.isUpdated) return;
  const state = result.found;
  const accepted = [state, ...transitions[state]];
  const sentence = `A video that is ${state} cannot become ${next}; accepted: ${accepted.join(", ")}`;
  throw new ServiceError("conflict", sentence, { details: { hash, state, accepted } });
}

function recordFieldsOf(fields: VideoChanges): VideoFields {
  const named = {
    filename: fields.filename,
    title: fields.title,
    description: fields.description,
    thumbnailFilename: fields.thumbnail_filename,
    defaultThumbnailFilename: fields.default_thumbnail_filename,
    originalResolution: fields.original_resolution,
    originalQualityLabel: fields.original_quality_label,
    duration: fields.duration,
    transcodingStatus: fields.transcoding_status,
    error: fields.error,
    visibility: fields.visibility,
    sha256: fields.sha256,
    isPlayable: fields.playable,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}
