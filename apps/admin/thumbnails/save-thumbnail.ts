/** Takes in an image for a video: checks what it is, stores it, then names it in the video. */
import { ServiceError } from "@video-backend/service";
import { thumbnailFile, thumbnailKey } from "@video-backend/storage/layout";
import { parseResponse } from "hono/client";
import type { AdminDeps } from "../deps.ts";
import { imageKindOf } from "./image-kind.ts";

/**
 * Answers the name it has now. A former one of another kind stays until the video is deleted; nobody is told of it.
 *
 * @throws ServiceError `unsupported_file_type`; `not_found`: Video not found; `unavailable` without metadata
 */
export async function saveThumbnail({ services, store }: AdminDeps, videoId: string, file: Blob): Promise<string> {
  const kind = imageKindOf(new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  if (!kind) {
    throw new ServiceError("unsupported_file_type", "Unsupported file type; a thumbnail is a JPEG, PNG or WebP file", {
      details: { accepted: ["image/jpeg", "image/png", "image/webp"] },
    });
  }
  const video = services.metadata.client.videos[":hash"];
  const param = { hash: videoId };
  await parseResponse(video.$get({ param }));
  const name = thumbnailFile(kind);
  await store.put(thumbnailKey(videoId, kind), file);
  await parseResponse(video.$put({ param, json: { thumbnail_filename: name } }));
  return name;
}
