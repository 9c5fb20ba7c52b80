/** The HTTP surface of the metadata service: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  exampleVideoId,
  integer,
  json,
  jsonBody,
  problems,
  scope,
  text,
  VideoId,
} from "@video-backend/service/contract";
import { exampleVideo, Sha256, shownStatuses, TranscodingStatus, Video, Visibility } from "./videos/contract.ts";
import { visibilities } from "./videos/state.ts";

export * from "./captions/contract.ts";
export * from "./keys/contract.ts";
export * from "./playback/contract.ts";
export * from "./videos/contract.ts";
export * from "./webhooks/contract.ts";

const params = z.object({ hash: VideoId });

export const NewVideo = z
  .object({
    hash: VideoId.refine((hash) => hash !== "events", "`events` is reserved for GET /videos/events"),
    filename: z.string().min(1).max(255),
    thumbnail_filename: z.string().max(255).nullish(),
    title: z.string().max(500).nullish(),
    description: z.string().max(10_000).nullish(),
    visibility: z.enum(visibilities).default("public"),
  })
  .openapi("NewVideo");
export type NewVideo = z.infer<typeof NewVideo>;

export const VideoChanges = z
  .object({
    filename: z.string().min(1).max(255),
    title: z.string().max(500).nullable(),
    description: z.string().max(10_000).nullable(),
    thumbnail_filename: z.string().max(255).nullable(),
    default_thumbnail_filename: z
      .string()
      .min(1)
      .max(255)
      .openapi({ description: "Set as `thumbnail_filename` if the video has none" }),
    original_resolution: z
      .string()
      .regex(/^\d+x\d+$/, "such as 1920x1080")
      .nullable(),
    original_quality_label: z.string().max(20).nullable(),
    duration: z.number().nonnegative().nullable(),
    transcoding_status: TranscodingStatus,
    error: z.string().max(10_000).nullable(),
    visibility: Visibility,
    sha256: Sha256.nullable(),
    playable: z.literal(true).openapi({ description: "Set when the stream begins to be playable. It stays so" }),
  })
  .partial()
  .openapi("VideoChanges");
export type VideoChanges = z.infer<typeof VideoChanges>;

export const videoOrders = ["newest", "oldest", "title", "longest", "shortest"] as const;

export const VideoQuery = z.object({
  q: z
    .string()
    .max(200)
    .optional()
    .openapi({ description: "Words to search for in title, description and file name", example: "holiday" }),
  transcoding_status: TranscodingStatus.optional(),
  stopped: z.enum(["0", "1"]).optional(),
  status: z
    .string()
    .transform((list) => list.split(","))
    .pipe(z.array(z.enum(shownStatuses)))
    .optional()
    .openapi({ type: "string", description: "Comma-separated list", example: "pending,transcoding" }),
  sort: z.enum(videoOrders).default("newest").openapi({ description: "`title` falls back to the file name" }),
  visibility: Visibility.optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .openapi(integer("Maximum number of videos; all of them by default", 50)),
  offset: z.coerce.number().int().min(0).default(0).openapi(integer("Number of videos to skip", 0)),
});
export type VideoQuery = z.infer<typeof VideoQuery>;

const tags = ["Videos"];
const notFound = problems({ 400: "Invalid path", 404: "Video not found; `deleted_at` is present if it was deleted" });

export const createVideo = createRoute({
  method: "post",
  path: "/videos",
  operationId: "createVideo",
  ...scope("write"),
  tags,
  summary: "Register a video",
  description: "Returns the existing video if the hash is registered already; nothing of it is changed.",
  request: jsonBody(NewVideo, { hash: exampleVideoId, filename: "holiday.mp4" }),
  responses: {
    200: json(z.object({ id: z.number().openapi(integer("Row number")), hash: VideoId }), "Registered", {
      id: 1,
      hash: exampleVideoId,
    }),
    ...problems({ 422: "Invalid request" }),
  },
});

export const listVideos = createRoute({
  method: "get",
  path: "/videos",
  operationId: "listVideos",
  ...scope("read"),
  tags,
  summary: "List videos",
  description: "Newest first by default. `total` is the number of matching videos on all pages.",
  request: { query: VideoQuery },
  responses: {
    200: json(
      z.object({ videos: z.array(Video), total: z.number().openapi(integer("Matching videos on all pages")) }),
      "The videos",
      { videos: [exampleVideo], total: 1 },
    ),
    ...problems({ 422: "Invalid query" }),
  },
});

export const getVideo = createRoute({
  method: "get",
  path: "/videos/{hash}",
  operationId: "getVideo",
  ...scope("read"),
  tags,
  summary: "Get a video",
  description: "Returns the state of one video.",
  request: { params },
  responses: { 200: json(Video, "The video", exampleVideo), ...notFound },
});

export const updateVideo = createRoute({
  method: "put",
  path: "/videos/{hash}",
  operationId: "updateVideo",
  ...scope("write"),
  tags,
  summary: "Update a video",
  description: "Changes the given fields; fields that are absent keep their value.",
  request: { params, ...jsonBody(VideoChanges, { title: "Holiday", visibility: "private" }) },
  responses: {
    200: json(z.object({ status: z.literal("updated") }), "Updated", { status: "updated" }),
    ...notFound,
    ...problems({ 409: "The transcoding status cannot change in this way", 422: "Invalid request" }),
  },
});

export const deleteVideo = createRoute({
  method: "delete",
  path: "/videos/{hash}",
  operationId: "deleteVideo",
  ...scope("write"),
  tags,
  summary: "Delete a video",
  description:
    "Deletes the record. Transcoding and upload own the files; they stop the encoder and remove streams and original when the " +
    "feed reports the deletion. The id is remembered as deleted until it is registered again.",
  request: { params },
  responses: { 200: json(z.object({ status: z.literal("deleted") }), "Deleted", { status: "deleted" }), ...notFound },
});

export const isStopped = createRoute({
  method: "get",
  path: "/videos/{hash}/stopped",
  operationId: "isStopped",
  ...scope("read"),
  tags,
  summary: "Check whether a video is stopped",
  description: "Returns false for an unknown hash.",
  request: { params },
  responses: {
    200: json(z.object({ stopped: z.boolean() }), "Whether it is stopped", { stopped: false }),
    ...problems({ 400: "Invalid path" }),
  },
});

export const stopVideo = createRoute({
  method: "put",
  path: "/videos/{hash}/stop",
  operationId: "stopVideo",
  ...scope("write"),
  tags,
  summary: "Stop a video",
  description: "Stops the transcoding of the video. Finished segments remain playable.",
  request: { params },
  responses: { 200: json(z.object({ status: z.literal("stopped") }), "Stopped", { status: "stopped" }), ...notFound },
});

export const resumeVideo = createRoute({
  method: "put",
  path: "/videos/{hash}/resume",
  operationId: "resumeVideo",
  ...scope("write"),
  tags,
  summary: "Resume a video",
  description: "Clears the stop. Transcoding continues with the segments that are missing.",
  request: { params },
  responses: { 200: json(z.object({ status: z.literal("resumed") }), "Resumed", { status: "resumed" }), ...notFound },
});

export const watchVideos = createRoute({
  method: "get",
  path: "/videos/events",
  operationId: "watchVideos",
  ...scope("read"),
  tags,
  summary: "Watch changes of videos",
  description:
    "Server-sent events: `video.created` and `video.updated` (data: the video), `video.deleted` (data: its hash) and " +
    "`captions.changed` (data: hash and captions). `Last-Event-ID` resumes after that event; without it only new events are " +
    "sent. An event `reset` means that the id is too old: read the list again.",
  request: {
    headers: z.object({
      "last-event-id": z
        .string()
        .regex(/^\d{1,15}$/)
        .optional()
        .openapi({ description: "Id of the last event that was received", example: "7" }),
    }),
  },
  responses: {
    200: text("text/event-stream", "The feed", `id: 7\nevent: video.deleted\ndata: {"hash":"${exampleVideoId}"}\n\n`),
    ...problems({ 422: "Invalid Last-Event-ID" }),
  },
});
