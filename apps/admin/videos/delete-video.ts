/**
 * Deletes a video everywhere. The order matters: transcoding first, so that no encoder works on what goes; then upload,
 * so that nothing registers or starts it again; then transcoding once more, for a start that upload made in between;
 * metadata last, for it lists what is still there to be deleted.
 *
 * A part that fails does not keep the others: the deletion of the row is what tells an absent transcoder.
 */
import { isServiceError, messageOf, ServiceError } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { DeletedVideo } from "../contract.ts";
import type { AdminDeps } from "../deps.ts";
import { removeThumbnail } from "../thumbnails/remove-thumbnail.ts";
import { filesOf } from "./files-of.ts";

/**
 * Deleting again is harmless, and finishes what failed.
 *
 * @throws ServiceError `not_found` when there was neither a row nor a file; what else upload or transcoding may have
 * had of it (an upload that was only begun) is gone then all the same
 */
export async function deleteVideo(deps: AdminDeps, videoId: string): Promise<DeletedVideo> {
  const { services, store, log } = deps;
  const { metadata, transcoding, upload } = services;
  const errors = new Set<string>();
  const part = async (remove: () => Promise<unknown>) => {
    try {
      await remove();
    } catch (error) {
      log.warn({ videoId, reason: messageOf(error) }, "a part of a video could not be deleted");
      errors.add(isServiceError(error) ? error.message : `Storage: ${messageOf(error)}`);
    }
  };
  const endTranscoding = () =>
    parseResponse(transcoding.client.transcode[":upload_id"].$delete({ param: { upload_id: videoId } }));

  const files = await filesOf(store, videoId);
  let registered = true;
  await part(endTranscoding);
  await part(() => parseResponse(upload.client.upload[":upload_id"].$delete({ param: { upload_id: videoId } })));
  await part(endTranscoding);
  await part(() => removeThumbnail(deps, videoId));
  await part(async () => {
    registered = await forget(metadata.client, videoId);
  });
  if (errors.size > 0) return { status: "partial_success", video_id: videoId, errors: [...errors] };
  if (!registered && !files.originals && !files.hls) throw new ServiceError("not_found", "Video not found");
  return { status: "deleted", video_id: videoId };
}

/** False when metadata did not know it. */
async function forget(metadata: AdminDeps["services"]["metadata"]["client"], hash: string): Promise<boolean> {
  try {
    await parseResponse(metadata.videos[":hash"].$delete({ param: { hash } }));
    return true;
  } catch (error) {
    if (isServiceError(error, "not_found")) return false;
    throw error;
  }
}
