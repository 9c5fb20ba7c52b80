/** Takes a stop back, and has transcoding go on from what is made. */
import { isServiceError, messageOf } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { ResumedVideo } from "../contract.ts";
import type { AdminDeps } from "../deps.ts";

/**
 * A start that fails is told, not thrown: the video is resumed, and transcoding follows the flag when it can.
 *
 * @throws ServiceError `not_found`: Video not found; `unavailable` without metadata
 */
export async function resumeVideo({ services, log }: AdminDeps, videoId: string): Promise<ResumedVideo> {
  const { metadata, transcoding } = services;
  const video = { param: { hash: videoId } };
  await parseResponse(metadata.client.videos[":hash"].resume.$put(video));
  const { filename } = await parseResponse(metadata.client.videos[":hash"].$get(video));
  const resumed = (transcoding_started: boolean): ResumedVideo => ({
    status: "resumed",
    video_id: videoId,
    transcoding_started,
  });
  try {
    await parseResponse(transcoding.client.transcode.start.$post({ json: { upload_id: videoId, filename } }));
    return resumed(true);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    log.warn({ videoId, reason: messageOf(error) }, "resumed, but transcoding did not start");
    return resumed(false);
  }
}
