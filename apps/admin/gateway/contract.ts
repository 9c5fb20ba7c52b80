/**
 * The routes for clients that know one address whose answers are not those of another service: merged, renamed, or made here.
 * All others are in `mounted-routes.ts`.
 */
import { createRoute, z } from "@hono/zod-openapi";
import * as metadata from "@video-backend/metadata/contract";
import { json, jsonBody, problems, ServiceError, VideoId } from "@video-backend/service/contract";
import { listQualities as list } from "@video-backend/streaming/contract";
import { getTranscodeStatus as getStatus, startTranscode as start } from "@video-backend/transcoding/contract";
import { bodyLimit } from "hono/body-limit";
import { DeletedVideo, ResumedVideo, StoppedVideo } from "../contract.ts";
import { serviceTags } from "./mounted-routes.ts";

const mebibyte = 1024 * 1024;
const binary = z.string().openapi({ type: "string", format: "binary" });
const ofVideo = { params: z.object({ hash: VideoId }) };
const ofUpload = { params: z.object({ upload_id: VideoId }) };
const away = "... service unavailable: ...";
const known = problems({ 400: "Invalid path", 404: "Video not found", 503: away });

/** The server lets large bodies in, for chunks; what is read whole here is kept small. */
const atMost = (maxSize: number) =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw new ServiceError("too_large", `The body is larger than ${maxSize} bytes`, { details: { maxSize } });
    },
  });

const library = [serviceTags.metadata];

export const listVideos = createRoute({
  ...metadata.listVideos,
  tags: library,
  summary: "All videos, newest first, as a bare array",
  responses: {
    200: json(z.array(metadata.Video), "The videos"),
    ...problems({ 422: "Bad query", 503: "Metadata service unavailable: ..." }),
  },
});

/** What people change; what the services tell each other of a video does not come this way. */
export const updateVideo = createRoute({
  ...metadata.updateVideo,
  tags: library,
  summary: "Change title, description or visibility",
  request: {
    ...ofVideo,
    ...jsonBody(
      metadata.VideoChanges.pick({ title: true, description: true, visibility: true })
        .strict()
        .openapi("PublicVideoChanges"),
    ),
  },
  responses: { ...metadata.updateVideo.responses, ...problems({ 503: "Metadata service unavailable: ..." }) },
});

export const deleteVideo = createRoute({
  ...metadata.deleteVideo,
  tags: library,
  summary: "Delete a video everywhere",
  responses: {
    200: json(DeletedVideo, "Deleted, or what could not be"),
    ...problems({ 400: "Invalid path", 404: "Video not found" }),
  },
});

export const stopVideo = createRoute({
  ...metadata.stopVideo,
  tags: library,
  summary: "Stop a video's transcoding",
  responses: { 200: json(StoppedVideo, "Stopped"), ...known },
});

export const resumeVideo = createRoute({
  ...metadata.resumeVideo,
  tags: library,
  summary: "Take the stop back and go on",
  responses: { 200: json(ResumedVideo, "Resumed"), ...known },
});

const transcoding = [serviceTags.transcoding];

export const startTranscode = createRoute({
  ...start,
  path: "/transcode/{upload_id}",
  tags: transcoding,
  middleware: atMost(64 * 1024),
  request: {
    ...ofUpload,
    ...jsonBody(
      z.object({
        networkSpeed: z.coerce
          .number()
          .nonnegative()
          .optional()
          .openapi({ type: "number", description: "Mbit/s; below 1 makes 360p only, below 5 480p and lower" }),
      }),
      false,
    ),
  },
  responses: { ...start.responses, ...known, ...problems({ 413: "Too large" }) },
});

/** An answer, not an error: these clients poll from the moment of upload, and it is the body that they read. */
export const notStarted = { status: "not_found" } as const;

export const getTranscodeStatus = createRoute({
  ...getStatus,
  path: "/transcode/{upload_id}/status",
  tags: transcoding,
  responses: {
    200: json(
      z.union([
        getStatus.responses[200].content["application/json"].schema,
        z.object({ status: z.literal(notStarted.status) }),
      ]),
      "The status, or that there is none",
    ),
    ...problems({ 400: "Invalid path", 503: "Transcoding service unavailable: ..." }),
  },
});

/** Which pages may read it is admin's to say, as of all that is not a stream. */
export const listQualities = createRoute({
  ...list,
  path: "/transcode/{id}/qualities",
  operationId: "listTranscodedQualities",
  tags: transcoding,
});

export const playVideo = createRoute({
  method: "get",
  path: "/video/{hash}",
  operationId: "playVideo",
  tags: [serviceTags.streaming],
  summary: "To the master playlist, or to the original while there is none",
  request: ofVideo,
  responses: { 307: { description: "Where it is" }, ...problems({ 400: "Invalid path", 404: "Video not found" }) },
});

const thumbnails = ["Admin"];
const maxThumbnailBytes = 10 * mebibyte;

export const saveThumbnail = createRoute({
  method: "post",
  path: "/thumbnail/{hash}",
  operationId: "saveThumbnail",
  tags: thumbnails,
  summary: "Give a video a thumbnail: JPEG, PNG or WebP, at most 10 MiB",
  // A little over, for what multipart puts around the file.
  middleware: atMost(maxThumbnailBytes + 64 * 1024),
  request: {
    ...ofVideo,
    body: {
      required: true,
      content: {
        "multipart/form-data": {
          schema: z.object({ file: z.instanceof(File).openapi({ type: "string", format: "binary" }) }),
        },
      },
    },
  },
  responses: {
    200: json(z.object({ status: z.literal("ok"), hash: VideoId, thumbnail_filename: z.string() }), "Stored"),
    ...known,
    ...problems({ 400: "Unsupported file type", 413: "Too large", 422: "Bad form" }),
  },
});

export const getThumbnail = createRoute({
  method: "get",
  path: "/thumbnail/{hash}",
  operationId: "getThumbnail",
  tags: thumbnails,
  summary: "A video's thumbnail: the one that was given, else the poster that was made of it",
  request: ofVideo,
  responses: {
    200: { description: "The picture", content: { "image/*": { schema: binary } } },
    ...known,
    ...problems({ 404: "Video not found; Thumbnail not found" }),
  },
});
