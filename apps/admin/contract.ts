/** The HTTP surface of the admin service below /admin: schemas and routes, no I/O. The gateway's is in `gateway/`. */
import { createRoute, z } from "@hono/zod-openapi";
import * as metadata from "@video-backend/metadata/contract";
import { integer, json, problems, VideoId } from "@video-backend/service/contract";
import { resumeTranscodes, TranscodingStatus } from "@video-backend/transcoding/contract";

/** A video as metadata describes it, with what only the storage knows. */
export const AdminVideo = metadata.Video.extend({
  size_bytes: z
    .number()
    .nullable()
    .optional()
    .openapi({ ...integer("Of the original; null where it is not there"), type: ["integer", "null"] }),
}).openapi("AdminVideo");

export const ServiceState = z
  .object({
    status: z
      .enum(["healthy", "unhealthy", "unavailable"])
      .openapi({ description: "`unhealthy`: it says so; `unavailable`: it says nothing" }),
    url: z.string(),
    response: z.unknown().openapi({ description: "What its /health answered" }),
    error: z.string().optional().openapi({ description: "Why it was not reached" }),
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
      .openapi({ description: "True where the folder is there or can be made" }),
    overall: z.enum(["healthy", "degraded"]),
  })
  .openapi("SystemStatus");
export type SystemStatus = z.infer<typeof SystemStatus>;

export const DeletedVideo = z
  .object({
    status: z.enum(["deleted", "partial_success"]),
    video_id: VideoId,
    errors: z.array(z.string()).optional().openapi({ description: "What is left, and why; delete again to finish" }),
  })
  .openapi("DeletedVideo");
export type DeletedVideo = z.infer<typeof DeletedVideo>;

export const StoppedVideo = z
  .object({
    status: z.literal("stopped"),
    video_id: VideoId,
    transcoding_stopped: z
      .boolean()
      .openapi({ description: "False while transcoding is away; it obeys on its return" }),
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
      .openapi({ description: "Who could not be asked; a null then means nothing" }),
  })
  .openapi("VideoState");
export type VideoState = z.infer<typeof VideoState>;

const tags = ["Admin"];
const request = { params: z.object({ video_id: VideoId }) };
const metadataAway = "Metadata service unavailable: ...";

export const resumeAll = createRoute({
  method: "post",
  path: "/admin/resume_all",
  operationId: "resumeAll",
  tags,
  summary: "Go on with every video that is not whole and that nobody stopped",
  responses: { ...resumeTranscodes.responses, ...problems({ 503: "Transcoding service unavailable: ..." }) },
});

export const getSystemStatus = createRoute({
  method: "get",
  path: "/admin/status",
  operationId: "getSystemStatus",
  tags,
  summary: "How each of the other services is, and the storage",
  responses: { 200: json(SystemStatus, "Healthy or degraded") },
});

export const listAdminVideos = createRoute({
  method: "get",
  path: "/admin/videos",
  operationId: "listAdminVideos",
  tags,
  summary: "All videos, newest first",
  request: metadata.listVideos.request,
  responses: {
    200: json(
      z.object({ videos: z.array(AdminVideo), total: z.number().openapi(integer("On all pages")) }),
      "The videos",
    ),
    ...problems({ 422: "Bad query", 503: metadataAway }),
  },
});

export const deleteAdminVideo = createRoute({
  method: "delete",
  path: "/admin/videos/{video_id}",
  operationId: "deleteAdminVideo",
  tags,
  summary: "Delete a video everywhere: encoder, streams, original, upload, thumbnail, metadata",
  request,
  responses: {
    200: json(DeletedVideo, "Deleted, or what could not be"),
    ...problems({ 400: "Invalid path", 404: "Video not found" }),
  },
});

export const stopAdminVideo = createRoute({
  method: "post",
  path: "/admin/videos/{video_id}/stop",
  operationId: "stopAdminVideo",
  tags,
  summary: "Stop a video's transcoding; no encoder works on it when this answers",
  request,
  responses: {
    200: json(StoppedVideo, "Stopped"),
    ...problems({ 400: "Invalid path", 404: "Video not found", 503: metadataAway }),
  },
});

export const resumeAdminVideo = createRoute({
  method: "post",
  path: "/admin/videos/{video_id}/resume",
  operationId: "resumeAdminVideo",
  tags,
  summary: "Take the stop back and go on from what is made",
  request,
  responses: {
    200: json(ResumedVideo, "Resumed"),
    ...problems({ 400: "Invalid path", 404: "Video not found", 503: metadataAway }),
  },
});

export const getVideoState = createRoute({
  method: "get",
  path: "/admin/videos/{video_id}/status",
  operationId: "getVideoState",
  tags,
  summary: "All that is known of a video",
  request,
  responses: { 200: json(VideoState, "What each of them knows"), ...problems({ 400: "Invalid path" }) },
});
