/**
 * The HTTP surface for clients that know one address: the other services' routes under the paths such clients use.
 * What is only passed on is declared as its own service declares it, in short.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { AssetPath, integer, json, jsonBody, problems, ServiceError, VideoId } from "@video-backend/service";
import { bodyLimit } from "hono/body-limit";
import { DeletedVideo, LibraryQuery, ResumedVideo, StoppedVideo, Transcoding, Video } from "../contract.ts";

const mebibyte = 1024 * 1024;
const binary = z.string().openapi({ type: "string", format: "binary" });
const params = z.object({ hash: VideoId });
const request = { params };
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

const library = ["Library"];

export const listVideos = createRoute({
  method: "get",
  path: "/videos",
  operationId: "listVideos",
  tags: library,
  summary: "All videos, newest first, as a bare array",
  request: { query: LibraryQuery },
  responses: { 200: json(z.array(Video), "The videos"), ...problems({ 422: "Bad query", 503: away }) },
});

export const getVideo = createRoute({
  method: "get",
  path: "/videos/{hash}",
  operationId: "getVideo",
  tags: library,
  summary: "One video",
  request,
  responses: { 200: json(Video, "The video"), ...known },
});

export const deleteVideo = createRoute({
  method: "delete",
  path: "/videos/{hash}",
  operationId: "deleteVideo",
  tags: library,
  summary: "Delete a video everywhere",
  request,
  responses: {
    200: json(DeletedVideo, "Deleted, or what could not be"),
    ...problems({ 400: "Invalid path", 404: "Video not found" }),
  },
});

export const stopVideo = createRoute({
  method: "put",
  path: "/videos/{hash}/stop",
  operationId: "stopVideo",
  tags: library,
  summary: "Stop a video's transcoding",
  request,
  responses: { 200: json(StoppedVideo, "Stopped"), ...known },
});

export const resumeVideo = createRoute({
  method: "put",
  path: "/videos/{hash}/resume",
  operationId: "resumeVideo",
  tags: library,
  summary: "Take the stop back and go on",
  request,
  responses: { 200: json(ResumedVideo, "Resumed"), ...known },
});

const uploading = ["Upload"];
const uploadProblems = problems({ 400: "Bad upload", 404: "Upload ID not found", 422: "Bad form", 503: away });

export const initUpload = createRoute({
  method: "post",
  path: "/upload/init",
  operationId: "initUpload",
  tags: uploading,
  summary: "Begin an upload: filename, total_chunks (multipart or JSON)",
  responses: { 200: json(z.object({ upload_id: VideoId }), "Send the chunks under this id"), ...uploadProblems },
});

export const uploadFromUrl = createRoute({
  method: "post",
  path: "/upload/from-url",
  operationId: "uploadFromUrl",
  tags: uploading,
  summary: "Have a file fetched from an address: url, filename?, title? (multipart or JSON)",
  responses: {
    200: json(z.object({ upload_id: VideoId }), "It will be fetched"),
    ...uploadProblems,
    ...problems({ 403: "The address is not public", 502: "The address did not answer" }),
  },
});

export const uploadChunk = createRoute({
  method: "post",
  path: "/upload/chunk",
  operationId: "uploadChunk",
  tags: uploading,
  summary: "Send a chunk: upload_id, index, file (multipart)",
  responses: {
    200: json(z.object({ status: z.literal("ok"), index: z.number().openapi(integer("Of this chunk")) }), "In place"),
    ...uploadProblems,
  },
});

export const completeUpload = createRoute({
  method: "post",
  path: "/upload/complete",
  operationId: "completeUpload",
  tags: uploading,
  summary: "End an upload: upload_id (multipart or JSON)",
  responses: { 200: json(z.object({ hash: VideoId }), "It will be transcoded"), ...uploadProblems },
});

const uploadParams = z.object({ upload_id: VideoId });

export const getUpload = createRoute({
  method: "get",
  path: "/upload/{upload_id}",
  operationId: "getUpload",
  tags: uploading,
  summary: "Which chunks are here and which are missing: where an interrupted client takes up",
  request: { params: uploadParams },
  responses: {
    200: json(z.looseObject({ upload_id: VideoId, missing: z.array(z.number()) }), "The upload"),
    ...uploadProblems,
  },
});

export const putChunk = createRoute({
  method: "put",
  path: "/upload/{upload_id}/chunks/{index}",
  operationId: "putChunk",
  tags: uploading,
  summary: "Send a chunk: the body is its bytes",
  request: { params: uploadParams.extend({ index: z.string().regex(/^\d{1,9}$/, "an index from 0") }) },
  responses: {
    200: json(z.looseObject({ status: z.literal("ok"), index: z.number() }), "In place"),
    ...uploadProblems,
  },
});

export const deleteUpload = createRoute({
  method: "delete",
  path: "/upload/{upload_id}",
  operationId: "deleteUpload",
  tags: uploading,
  summary: "End all work on an upload and remove its chunks and its source",
  request: { params: uploadParams },
  responses: { 200: json(z.object({ status: z.literal("deleted") }), "Nothing of it is left"), ...uploadProblems },
});

export const measureSpeed = createRoute({
  method: "get",
  path: "/speedtest",
  operationId: "measureSpeed",
  tags: uploading,
  summary: "1 MiB, to time",
  responses: {
    200: { description: "1 MiB", content: { "application/octet-stream": { schema: binary } } },
    ...problems({ 503: away }),
  },
});

const transcoding = ["Transcoding"];

export const startTranscode = createRoute({
  method: "post",
  path: "/transcode/{hash}",
  operationId: "startTranscode",
  tags: transcoding,
  summary: "Start a video's transcoding, or go on with it",
  middleware: atMost(64 * 1024),
  request: {
    params,
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
  responses: {
    200: json(z.object({ status: z.literal("started"), upload_id: VideoId }), "It will be transcoded"),
    ...known,
    ...problems({ 413: "Too large", 422: "Bad form" }),
  },
});

export const getTranscodeStatus = createRoute({
  method: "get",
  path: "/transcode/{hash}/status",
  operationId: "getTranscodeStatus",
  tags: transcoding,
  summary: "How far it is",
  request,
  responses: {
    200: json(
      z.union([Transcoding, z.object({ status: z.literal("not_found") })]),
      "The status, or that there is none",
    ),
    ...problems({ 400: "Invalid path", 503: away }),
  },
});

export const listQualities = createRoute({
  method: "get",
  path: "/transcode/{hash}/qualities",
  operationId: "listQualities",
  tags: transcoding,
  summary: "What can be played",
  request,
  responses: {
    200: json(z.looseObject({ available: z.array(z.string()) }), "As the streaming service tells it"),
    ...known,
  },
});

const playing = ["Playing"];

export const playVideo = createRoute({
  method: "get",
  path: "/video/{hash}",
  operationId: "playVideo",
  tags: playing,
  summary: "To the master playlist, or to the original while there is none",
  request,
  responses: { 307: { description: "Where it is" }, ...problems({ 400: "Invalid path", 404: "Video not found" }) },
});

/** Documented under this path; `routes.ts` binds it so that `path` may hold slashes. */
export const getVideoFile = createRoute({
  method: "get",
  path: "/video/{hash}/{path}",
  operationId: "getVideoFile",
  tags: playing,
  summary: "Any file of a video, as the streaming service serves it",
  request: { params: z.object({ hash: VideoId, path: AssetPath }) },
  responses: {
    200: { description: "The file", content: { "application/octet-stream": { schema: binary } } },
    206: { description: "A range", content: { "application/octet-stream": { schema: binary } } },
    ...problems({ 400: "Invalid path", 404: "File not found", 416: "Beyond the end", 503: away }),
  },
});

const thumbnails = ["Thumbnails"];
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
    params,
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
  request,
  responses: {
    200: { description: "The picture", content: { "image/*": { schema: binary } } },
    ...known,
    ...problems({ 404: "Video not found; Thumbnail not found" }),
  },
});
