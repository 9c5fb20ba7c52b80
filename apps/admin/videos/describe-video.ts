/** All that the system knows of one video, from whoever can be asked just now. */
import { isServiceError } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { VideoState } from "../contract.ts";
import type { AdminDeps } from "../deps.ts";
import { filesOf, sizeOf } from "./files-of.ts";

/** Null is what nobody knows. A service that is away leaves a null too, and its sentence in `errors`. */
export async function describeVideo({ services, store }: AdminDeps, videoId: string): Promise<VideoState> {
  const errors: string[] = [];
  const [metadata, transcoding, files] = await Promise.all([
    knownOrNull(parseResponse(services.metadata.client.videos[":hash"].$get({ param: { hash: videoId } })), errors),
    knownOrNull(
      parseResponse(services.transcoding.client.transcode.status[":upload_id"].$get({ param: { upload_id: videoId } })),
      errors,
    ),
    filesOf(store, videoId),
  ]);
  const sized = metadata && { ...metadata, size_bytes: await sizeOf(store, metadata) };
  return { video_id: videoId, metadata: sized, transcoding, files, ...(errors.length > 0 ? { errors } : {}) };
}

async function knownOrNull<Answer>(answer: Promise<Answer>, errors: string[]): Promise<Answer | null> {
  try {
    return await answer;
  } catch (error) {
    if (isServiceError(error, "not_found")) return null;
    if (!isServiceError(error, "unavailable")) throw error;
    errors.push(error.message);
    return null;
  }
}
