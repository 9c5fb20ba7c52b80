/**
 * Stops a video's transcoding. Metadata's flag is what counts, and transcoding follows it by itself; asking transcoding
 * too is what lets us answer after the encoder is gone.
 */
import { isServiceError, messageOf } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { StoppedVideo } from "../contract.ts";
import type { AdminDeps } from "../deps.ts";

/** @throws ServiceError `not_found`: Video not found; `unavailable` without metadata */
export async function stopVideo({ services, log }: AdminDeps, videoId: string): Promise<StoppedVideo> {
  await parseResponse(services.metadata.client.videos[":hash"].stop.$put({ param: { hash: videoId } }));
  const stopped = (transcoding_stopped: boolean): StoppedVideo => ({
    status: "stopped",
    video_id: videoId,
    transcoding_stopped,
  });
  try {
    const param = { upload_id: videoId };
    await parseResponse(services.transcoding.client.transcode[":upload_id"].stop.$post({ param }));
    return stopped(true);
  } catch (error) {
    if (isServiceError(error, "not_found")) return stopped(true);
    if (!isServiceError(error, "unavailable")) throw error;
    log.warn({ videoId, reason: messageOf(error) }, "stopped, but transcoding does not know it yet");
    return stopped(false);
  }
}
