/** The HTTP surface of the metadata service: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import { integer, json, jsonBody, problems, VideoId } from "@video-backend/service/contract";
import { transcodingStatuses, visibilities } from "./videos/state.ts";

export * from "./captions/contract.ts";
export * from "./playback/contract.ts";

const params = z.object({ hash: VideoId });

export const TranscodingStatus = z.enum(transcodingStatuses).openapi("VideoTranscodingStatus");

export type TranscodingStatus = z.infer<typeof TranscodingStatus>;

/** What people call it: the transcoding status, and `stopped` in place of it while stopped and not completed. */
const shownStatuses = [...transcodingStatuses, "stopped"] as const;
export type ShownStatus = (typeof shownStatuses)[number];

export const Visibility = z
  .enum(visibilities)
  .openapi("Visibility", { description: "`private`: streaming gives it to nobody without a playback token" });

const Sha256 = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{64}$/, "a SHA-256 is 64 hexadecimal digits")
  .openapi({ description: "SHA-256 of the uploaded file, in hex", example: "0".repeat(64) });

export const Video = z
  .object({
    id: z.number().openapi(integer("Row number, in order of creation", 1)),
    hash: VideoId,
    filename: z.string().openapi({ description: "Name of the uploaded file" }),
    title: z.string().nullable(),
    description: z.string().nullable(),
    thumbnail_filename: z.string().nullable(),
    original_resolution: z.string().nullable().openapi({ example: "1920x1080" }),
    original_quality_label: z.string().nullable().openapi({ example: "1080p" }),
    duration: z.number().nullable().openapi({ description: "Seconds" }),
    status: z.enum(shownStatuses).openapi({ description: "`stopped` while stopped, else the transcoding status" }),
    transcoding_status: TranscodingStatus,
    error: z.string().nullable().openapi({ description: "Why it failed" }),
    stopped: z.number().openapi(integer("1 while somebody wants its transcoding stopped, else 0")),
    visibility: Visibility,
    sha256: Sha256.nullable(),
    duplicate_of: VideoId.nullable().openapi({
      description: "The first video with the same sha256; null for that one, and where there is no other",
    }),
    created_at: z.number().openapi({ description: "Epoch seconds" }),
    updated_at: z.number().openapi({ description: "Epoch seconds" }),
  })
  .openapi("Video");
export type Video = z.infer<typeof Video>;

export const NewVideo = z
  .object({
    hash: VideoId.refine((hash) => hash !== "events", "this word is taken by GET /videos/events"),
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
      .openapi({ description: "Becomes the thumbnail_filename of a video that has none, and else changes nothing" }),
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
  })
  .partial()
  .openapi("VideoChanges");
export type VideoChanges = z.infer<typeof VideoChanges>;

export const videoOrders = ["newest", "oldest", "title", "longest", "shortest"] as const;

export const VideoQuery = z.object({
  q: z.string().max(200).optional().openapi({ description: "Words sought in title, description and file name" }),
  transcoding_status: TranscodingStatus.optional(),
  stopped: z.enum(["0", "1"]).optional(),
  status: z
    .string()
    .transform((list) => list.split(","))
    .pipe(z.array(z.enum(shownStatuses)))
    .optional()
    .openapi({ type: "string", description: "Any of these, joined by commas", example: "pending,transcoding" }),
  sort: z.enum(videoOrders).default("newest").openapi({ description: "`title` is the file name where there is none" }),
  visibility: Visibility.optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional().openapi(integer("At most this many; all without it")),
  offset: z.coerce.number().int().min(0).default(0).openapi(integer("Leave out this many")),
});
export type VideoQuery = z.infer<typeof VideoQuery>;

const tags = ["Videos"];
const notFound = problems({ 400: "Invalid path", 404: "Video not found; with `deleted_at` where it was deleted" });

export const createVideo = createRoute({
  method: "post",
  path: "/videos",
  operationId: "createVideo",
  tags,
  summary: "Register a video; the existing one is answered when the hash is known",
  request: jsonBody(NewVideo),
  responses: {
    200: json(z.object({ id: z.number().openapi(integer("Row number")), hash: VideoId }), "Registered"),
    ...problems({ 422: "Bad form" }),
  },
});

export const listVideos = createRoute({
  method: "get",
  path: "/videos",
  operationId: "listVideos",
  tags,
  summary: "All videos, newest first unless sorted otherwise",
  request: { query: VideoQuery },
  responses: {
    200: json(
      z.object({ videos: z.array(Video), total: z.number().openapi(integer("How many fit, on all pages")) }),
      "The videos",
    ),
    ...problems({ 422: "Bad query" }),
  },
});

export const getVideo = createRoute({
  method: "get",
  path: "/videos/{hash}",
  operationId: "getVideo",
  tags,
  request: { params },
  summary: "One video",
  responses: { 200: json(Video, "The video"), ...notFound },
});

export const updateVideo = createRoute({
  method: "put",
  path: "/videos/{hash}",
  operationId: "updateVideo",
  tags,
  summary: "Change any editable field",
  request: { params, ...jsonBody(VideoChanges) },
  responses: {
    200: json(z.object({ status: z.literal("updated") }), "Changed"),
    ...notFound,
    ...problems({ 409: "The transcoding status cannot become that from what it is", 422: "Bad form" }),
  },
});

export const deleteVideo = createRoute({
  method: "delete",
  path: "/videos/{hash}",
  operationId: "deleteVideo",
  tags,
  summary: "Forget a video; its encoder is ended, its streams and its original are removed",
  description:
    "Transcoding and upload, which own the files, remove them as soon as they hear of it: at once, or when they are back. " +
    "The id stays known as deleted until it is registered again.",
  request: { params },
  responses: { 200: json(z.object({ status: z.literal("deleted") }), "Deleted"), ...notFound },
});

export const isStopped = createRoute({
  method: "get",
  path: "/videos/{hash}/stopped",
  operationId: "isStopped",
  tags,
  summary: "Is its transcoding to be stopped? False for an unknown hash",
  request: { params },
  responses: { 200: json(z.object({ stopped: z.boolean() }), "Yes or no"), ...problems({ 400: "Invalid path" }) },
});

export const stopVideo = createRoute({
  method: "put",
  path: "/videos/{hash}/stop",
  operationId: "stopVideo",
  tags,
  summary: "Stop its transcoding; what is made stays",
  request: { params },
  responses: { 200: json(z.object({ status: z.literal("stopped") }), "Stopped"), ...notFound },
});

export const resumeVideo = createRoute({
  method: "put",
  path: "/videos/{hash}/resume",
  operationId: "resumeVideo",
  tags,
  summary: "Take the stop back; transcoding goes on from what is made",
  request: { params },
  responses: { 200: json(z.object({ status: z.literal("resumed") }), "Resumed"), ...notFound },
});

export const watchVideos = createRoute({
  method: "get",
  path: "/videos/events",
  operationId: "watchVideos",
  tags,
  summary: "Every change as it happens (server-sent events)",
  description:
    "Events `video.created`, `video.updated` (data: the video), `video.deleted` (data: its hash) and `captions.changed` (data: hash and captions). `Last-Event-ID` takes up after that event; without it only what is new is told. An event `reset` says that the id is too old: read the list again.",
  request: {
    headers: z.object({
      "last-event-id": z
        .string()
        .regex(/^\d{1,15}$/)
        .optional(),
    }),
  },
  responses: {
    200: { description: "The feed", content: { "text/event-stream": { schema: z.string() } } },
    ...problems({ 422: "Bad Last-Event-ID" }),
  },
});
