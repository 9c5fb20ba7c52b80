/** The HTTP surface of the admin service below /admin: schemas and routes, no I/O. The gateway's is in `gateway/`. */
import { createRoute, z } from "@hono/zod-openapi";
import * as metadata from "@video-backend/metadata/contract";
import { exampleVideoId, integer, json, problems, scope, VideoId } from "@video-backend/service/contract";
import { exampleStatus, resumeTranscodes, TranscodingStatus } from "@video-backend/transcoding/contract";

/** A video of metadata, with the size of its original. */
export const AdminVideo = metadata.Video.extend({
  size_bytes: z
    .number()
    .nullable()
    .optional()
    .openapi({ ...integer("Size of the original; null if it does not exist", 12_582_912), type: ["integer", "null"] }),
}).openapi("AdminVideo");

export const ServiceState = z
  .object({
    status: z
      .enum(["healthy", "unhealthy", "unavailable"])
      .openapi({ description: "`unhealthy`: a check of the service fails; `unavailable`: no response" }),
    url: z.string().openapi({ example: "http://127.0.0.1:8001" }),
    response: z.unknown().openapi({ description: "The response of its /health" }),
    error: z.string().optional().openapi({ description: "Why there was no response" }),
    callees: z
      .record(z.string(), z.enum(["closed", "open", "half_open"]))
      .optional()
      .openapi({
        description: "The breakers of its calls to other services. `open`: that service does not answer it",
      }),
  })
  .partial({ response: true })
  .openapi("ServiceState");
export type ServiceState = z.infer<typeof ServiceState>;

export const SystemStatus = z
  .object({
    services: z.object({
      upload_service: ServiceState,
      transcoding_service: ServiceState,
      metadata_service: ServiceState,
      streaming_service: ServiceState,
    }),
    storage: z
      .object({ originals: z.boolean(), hls: z.boolean() })
      .openapi({ description: "True if the folder exists or can be created" }),
    overall: z.enum(["healthy", "degraded"]),
  })
  .openapi("SystemStatus");
export type SystemStatus = z.infer<typeof SystemStatus>;

export const DeletedVideo = z
  .object({
    status: z.enum(["deleted", "partial_success"]),
    video_id: VideoId,
    errors: z
      .array(z.string())
      .optional()
      .openapi({ description: "What could not be deleted, and why; deleting again finishes it" }),
  })
  .openapi("DeletedVideo");
export type DeletedVideo = z.infer<typeof DeletedVideo>;

export const StoppedVideo = z
  .object({
    status: z.literal("stopped"),
    video_id: VideoId,
    transcoding_stopped: z
      .boolean()
      .openapi({ description: "False while transcoding is unavailable; it stops when it is back" }),
  })
  .openapi("StoppedVideo");
export type StoppedVideo = z.infer<typeof StoppedVideo>;

export const ResumedVideo = z
  .object({ status: z.literal("resumed"), video_id: VideoId, transcoding_started: z.boolean() })
  .openapi("ResumedVideo");
export type ResumedVideo = z.infer<typeof ResumedVideo>;

export const VideoState = z
  .object({
    video_id: VideoId,
    metadata: z.union([AdminVideo, z.null()]),
    transcoding: z.union([TranscodingStatus, z.null()]),
    files: z.object({ originals: z.boolean(), hls: z.boolean() }),
    errors: z
      .array(z.string())
      .optional()
      .openapi({ description: "Services that are unavailable; their part is null then" }),
  })
  .openapi("VideoState");
export type VideoState = z.infer<typeof VideoState>;

const exampleVideo = { ...metadata.exampleVideo, size_bytes: 12_582_912 };
const healthy = (name: string, port: number): ServiceState => ({
  status: "healthy",
  url: `http://127.0.0.1:${port}`,
  response: { status: "healthy", service: name },
});

const tags = ["Admin"];
const request = { params: z.object({ video_id: VideoId }) };
const metadataAway = "Metadata service unavailable: ...";

export const resumeAll = createRoute({
  method: "post",
  path: "/admin/resume_all",
  operationId: "resumeAll",
  ...scope("write"),
  tags,
  summary: "Resume all videos",
  description: "Resumes the transcoding of every unfinished video that is not stopped on request.",
  responses: { ...resumeTranscodes.responses, ...problems({ 503: "Transcoding service unavailable: ..." }) },
});

export const getSystemStatus = createRoute({
  method: "get",
  path: "/admin/status",
  operationId: "getSystemStatus",
  ...scope("read"),
  tags,
  summary: "Get the system status",
  description: "Asks the other services for their health, all at the same time, and checks the storage.",
  responses: {
    200: json(SystemStatus, "Healthy or degraded", {
      services: {
        upload_service: healthy("upload_service", 8001),
        transcoding_service: { status: "unavailable", url: "http://127.0.0.1:8002", error: "connection refused" },
        metadata_service: healthy("metadata_service", 8003),
        streaming_service: healthy("streaming_service", 8004),
      },
      storage: { originals: true, hls: true },
      overall: "degraded",
    }),
  },
});

export const listAdminVideos = createRoute({
  method: "get",
  path: "/admin/videos",
  operationId: "listAdminVideos",
  ...scope("read"),
  tags,
  summary: "List videos with their sizes",
  description: "The videos of metadata, each with the size of its original.",
  request: metadata.listVideos.request,
  responses: {
    200: json(
      z.object({ videos: z.array(AdminVideo), total: z.number().openapi(integer("Matching videos on all pages")) }),
      "The videos",
      { videos: [exampleVideo], total: 1 },
    ),
    ...problems({ 422: "Invalid query", 503: metadataAway }),
  },
});

export const deleteAdminVideo = createRoute({
  method: "delete",
  path: "/admin/videos/{video_id}",
  operationId: "deleteAdminVideo",
  ...scope("write"),
  tags,
  summary: "Delete a video everywhere",
  description: "Stops the encoder, then deletes streams, original, upload, thumbnails and metadata.",
  request,
  responses: {
    200: json(DeletedVideo, "Deleted, entirely or in part", { status: "deleted", video_id: exampleVideoId }),
    ...problems({ 400: "Invalid path", 404: "Video not found" }),
  },
});

export const stopAdminVideo = createRoute({
  method: "post",
  path: "/admin/videos/{video_id}/stop",
  operationId: "stopAdminVideo",
  ...scope("write"),
  tags,
  summary: "Stop a video",
  description: "Stops the transcoding of the video. The encoder has ended when the response is sent.",
  request,
  responses: {
    200: json(StoppedVideo, "Stopped", { status: "stopped", video_id: exampleVideoId, transcoding_stopped: true }),
    ...problems({ 400: "Invalid path", 404: "Video not found", 503: metadataAway }),
  },
});

export const resumeAdminVideo = createRoute({
  method: "post",
  path: "/admin/videos/{video_id}/resume",
  operationId: "resumeAdminVideo",
  ...scope("write"),
  tags,
  summary: "Resume a video",
  description: "Clears the stop and continues with the segments that are missing.",
  request,
  responses: {
    200: json(ResumedVideo, "Resumed", { status: "resumed", video_id: exampleVideoId, transcoding_started: true }),
    ...problems({ 400: "Invalid path", 404: "Video not found", 503: metadataAway }),
  },
});

export const getVideoState = createRoute({
  method: "get",
  path: "/admin/videos/{video_id}/status",
  operationId: "getVideoState",
  ...scope("read"),
  tags,
  summary: "Get the state of a video",
  description: "Combines what metadata, transcoding and the storage have of the video.",
  request,
  responses: {
    200: json(VideoState, "The state", {
      video_id: exampleVideoId,
      metadata: exampleVideo,
      transcoding: exampleStatus,
      files: { originals: true, hls: true },
    }),
    ...problems({ 400: "Invalid path" }),
  },
});
