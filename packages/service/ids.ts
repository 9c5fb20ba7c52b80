/** The id of a video: `hash`, `upload_id` and `video_id` on the wire, `videoId` in code. */
import { z } from "@hono/zod-openapi";
import { videoIdPattern } from "@video-backend/storage/layout";
import { nanoid } from "nanoid";

export const exampleVideoId = "V1StGXR8_Z5jdHi6B-myT";

export const VideoId = z
  .string()
  .regex(videoIdPattern, "an id is 1 to 64 letters, digits, - and _")
  .openapi({ description: "The id of a video", example: exampleVideoId });

/** A new, unguessable, URL-safe id. */
export const newVideoId = (): string => nanoid();
