/** How far a video's transcoding is, for clients that ask before there is any. */
import { isServiceError } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { Transcoding } from "../contract.ts";
import type { AdminDeps } from "../deps.ts";

/** Null while transcoding does not know the video. */
export async function findTranscodeStatus({ services }: AdminDeps, hash: string): Promise<Transcoding | null> {
  try {
    const param = { upload_id: hash };
    return await parseResponse(services.transcoding.client.transcode.status[":upload_id"].$get({ param }));
  } catch (error) {
    if (isServiceError(error, "not_found")) return null;
    throw error;
  }
}
