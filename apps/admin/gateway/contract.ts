/**
 * The routes for clients that know one address whose answers are not those of another service: merged, renamed, or made here.
 * All others are in `mounted-routes.ts`.
 */
import { createRoute, z } from "@hono/zod-openapi";
import * as metadata from "@video-backend/metadata/contract";
import {
  anybody,
  binary,
  exampleVideoId,
  json,
  jsonBody,
  problems,
  ServiceError,
  scope,
  VideoId,
} from "@video-backend/service/contract";
import { listQualities as list } from "@video-backend/streaming/contract";
import {
  exampleStatus,
  getTranscodeStatus as getStatus,
  startTranscode as start,
} from "@video-backend/transcoding/contract";
import { bodyLimit } from "hono/body-limit";
import { DeletedVideo, ResumedVideo, StoppedVideo } from "../contract.ts";
import { serviceTags } from "./mounted-routes.ts";

const mebibyte = 1024 * 1024;
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
  summary: "List videos",
  description: "Newest first by default. The response is a bare array.",
  responses: {
    200: json(z.array(metadata.Video), "The videos", [metadata.exampleVideo]),
    ...problems({ 422: "Invalid query", 503: "Metadata service unavailable: ..." }),
  },
});

/** Fields that people edit. Fields that services report to each other cannot be changed here. */
export const updateVideo = createRoute({
  ...metadata.updateVideo,
  tags: library,
  summary: "Update a video",
  description: "Changes title, description or visibility; fields that are absent keep their value.",
  request: {
    ...ofVideo,
    ...jsonBody(
      metadata.VideoChanges.pick({ title: true, description: true, visibility: true })
        .strict()
        .openapi("PublicVideoChanges"),
      { title: "Holiday", visibility: "private" },
    ),
  },
  responses: { ...metadata.updateVideo.responses, ...problems({ 503: "Metadata service unavailable: ..." }) },
});

export const deleteVideo = createRoute({
  ...metadata.deleteVideo,
  tags: library,
  summary: "Delete a video everywhere",
  description: "Stops the encoder, then deletes streams, original, upload, thumbnails and metadata.",
  responses: {
    200: json(DeletedVideo, "Deleted, entirely or in part", { status: "deleted", video_id: exampleVideoId }),
    ...problems({ 400: "Invalid path", 404: "Video not found" }),
  },
});

export const stopVideo = createRoute({
  ...metadata.stopVideo,
  tags: library,
  summary: "Stop a video",
  description: "Stops the transcoding of the video. The encoder has ended when the response is sent.",
  responses: {
    200: json(StoppedVideo, "Stopped", { status: "stopped", video_id: exampleVideoId, transcoding_stopped: true }),
    ...known,
  },
});

export const resumeVideo = createRoute({
  ...metadata.resumeVideo,
  tags: library,
  summary: "Resume a video",
  description: "Clears the stop and continues with the segments that are missing.",
  responses: {
    200: json(ResumedVideo, "Resumed", { status: "resumed", video_id: exampleVideoId, transcoding_started: true }),
    ...known,
  },
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
          .openapi({ type: "number", description: "Mbit/s; below 1 encodes 360p only, below 5 480p and lower" }),
      }),
      { networkSpeed: 10 },
      false,
    ),
  },
  responses: { ...start.responses, ...known, ...problems({ 413: "Content too large" }) },
});

/** Not an error: these clients poll from the moment of upload, and read the body only. */
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
      exampleStatus,
    ),
    ...problems({ 400: "Invalid path", 503: "Transcoding service unavailable: ..." }),
  },
});

/** Not mounted, because the cross-origin rules of admin apply to it and not those of streaming. */
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
  ...anybody,
  tags: [serviceTags.streaming],
  summary: "Redirect to the stream of a video",
  description: "Redirects to the master playlist, or to the original while there is no master playlist.",
  request: ofVideo,
  responses: {
    307: { description: "The Location of the stream" },
    ...problems({ 400: "Invalid path", 404: "Video not found" }),
  },
});

const thumbnails = ["Admin"];
const maxThumbnailBytes = 10 * mebibyte;

export const saveThumbnail = createRoute({
  method: "post",
  path: "/thumbnail/{hash}",
  operationId: "saveThumbnail",
  ...scope("write"),
  tags: thumbnails,
  summary: "Save a thumbnail",
  description: "Takes a JPEG, PNG or WebP file of at most 10 MiB and makes it the thumbnail of the video.",
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
    200: json(z.object({ status: z.literal("ok"), hash: VideoId, thumbnail_filename: z.string() }), "Saved", {
      status: "ok",
      hash: exampleVideoId,
      thumbnail_filename: "thumbnail.jpg",
    }),
    ...known,
    ...problems({ 400: "Unsupported file type", 413: "Content too large", 422: "Invalid request" }),
  },
});

export const getThumbnail = createRoute({
  method: "get",
  path: "/thumbnail/{hash}",
  operationId: "getThumbnail",
  ...scope("read"),
  tags: thumbnails,
  summary: "Get a thumbnail",
  description: "Serves the uploaded thumbnail of the video, or else its poster.",
  request: ofVideo,
  responses: {
    200: { description: "The image", content: { "image/*": { schema: binary } } },
    ...known,
    ...problems({ 404: "Video not found; Thumbnail not found" }),
  },
});
