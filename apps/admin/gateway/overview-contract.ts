/** What people watch: passed on to metadata and transcoding, whose contracts have the details. */
import { createRoute, z } from "@hono/zod-openapi";
import { json, problems, VideoId } from "@video-backend/service";

const tags = ["Overview"];
const params = z.object({ hash: VideoId });
const known = problems({
  400: "Invalid path",
  404: "Status not found",
  503: "Transcoding service unavailable: ...",
});
const feed = { description: "The feed", content: { "text/event-stream": { schema: z.string() } } };

export const watchVideos = createRoute({
  method: "get",
  path: "/videos/events",
  operationId: "watchVideos",
  tags,
  summary: "Every change of a video as it happens (server-sent events)",
  responses: { 200: feed, ...problems({ 422: "Bad Last-Event-ID", 503: "Metadata service unavailable: ..." }) },
});

export const watchTranscodes = createRoute({
  method: "get",
  path: "/transcode/events",
  operationId: "watchTranscodes",
  tags,
  summary: "Progress as it happens (server-sent events)",
  request: { query: z.object({ upload_id: VideoId.optional() }) },
  responses: { 200: feed, ...problems({ 422: "Bad id", 503: "Transcoding service unavailable: ..." }) },
});

export const mapSegments = createRoute({
  method: "get",
  path: "/transcode/{hash}/segments",
  operationId: "mapSegments",
  tags,
  summary: "The ladder by segments",
  request: { params },
  responses: { 200: json(z.looseObject({ renditions: z.array(z.unknown()) }), "The map"), ...known },
});

export const measureBitrates = createRoute({
  method: "get",
  path: "/transcode/{hash}/bitrates",
  operationId: "measureBitrates",
  tags,
  summary: "The bit rate over time of what is made, as measured",
  request: { params },
  responses: { 200: json(z.looseObject({ renditions: z.array(z.unknown()) }), "The bit rates"), ...known },
});

export const listAttempts = createRoute({
  method: "get",
  path: "/transcode/{hash}/attempts",
  operationId: "listAttempts",
  tags,
  summary: "Every ffmpeg that was run for a video, newest first",
  request: { params, query: z.object({ limit: z.string().optional() }) },
  responses: {
    200: json(z.looseObject({ attempts: z.array(z.unknown()) }), "The attempts"),
    ...known,
    ...problems({ 422: "Bad query" }),
  },
});

export const listEncoders = createRoute({
  method: "get",
  path: "/transcode/encoders",
  operationId: "listEncoders",
  tags,
  summary: "Which encoders work here, and why one does not",
  responses: { 200: json(z.looseObject({ encoders: z.array(z.unknown()) }), "The encoders"), ...known },
});

export const describeQueue = createRoute({
  method: "get",
  path: "/transcode/queue",
  operationId: "describeQueue",
  tags,
  summary: "What encoders do and what waits for them, and the room on the disk",
  responses: { 200: json(z.looseObject({ jobs: z.unknown(), disk: z.unknown() }), "The queue"), ...known },
});

export const listFaults = createRoute({
  method: "get",
  path: "/transcode/faults",
  operationId: "listFaults",
  tags,
  summary: "What went wrong lately, newest first",
  request: { query: z.object({ limit: z.string().optional() }) },
  responses: {
    200: json(z.looseObject({ faults: z.array(z.unknown()) }), "The faults"),
    ...known,
    ...problems({ 422: "Bad query" }),
  },
});
