/** The HTTP surface of the transcoding service: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import { AssetPath, integer, json, jsonBody, problems, RenditionName, VideoId } from "@video-backend/service/contract";
import { faultClasses, subtitleSources } from "./states.ts";

export * from "./janitor/contract.ts";
export * from "./overview/contract.ts";

const params = z.object({ upload_id: VideoId });
const seconds = (description: string) =>
  z
    .number()
    .nullable()
    .openapi({ description: `${description}, epoch seconds` });

export const Fault = z.enum(faultClasses).openapi("Fault", {
  description:
    "Class of what went wrong. `source`: nobody can make it; `encoder`: another encoder or try may; `disk`: no room; `stopped`: somebody wanted it so",
});

export const RenditionStatus = z
  .object({
    status: z.enum(["queued", "starting", "running", "ok", "error", "stopped", "skipped"]),
    progress: z.number().openapi({ description: "0 to 100" }),
    target_resolution: z.string().openapi({ example: "1280x720" }),
    path: z.string().openapi({ description: "Playlist below hls/{id}/", example: "720p/playlist.m3u8" }),
    playlist: z.string().openapi({ description: "The same" }),
    segments_done: z.number().openapi(integer("Segments that are made and verified")),
    segments_total: z.number().openapi(integer("Segments that the plan lists")),
    started_at: seconds("First segment begun"),
    updated_at: seconds("Last segment entered"),
    finished_at: seconds("Last segment of all entered"),
    message: z.string().optional(),
  })
  .openapi("RenditionStatus");

export const OriginalStatus = z
  .object({
    status: z.literal("ok"),
    progress: z.literal(100),
    file: z.string(),
    path: z.string(),
    resolution: z.string().nullable(),
    quality_label: z.string().nullable(),
  })
  .openapi("OriginalStatus");

const AudioTrack = RenditionStatus.omit({ target_resolution: true })
  .extend({
    name: z.string().openapi({ description: "Its folder below the video's", example: "audio" }),
    language: z.string().nullable().openapi({ description: "As the source tells it", example: "eng" }),
    title: z.string().nullable().openapi({ description: "What the source calls it" }),
    channels: z.number().openapi(integer("Of the source; what is made has two")),
  })
  .openapi("AudioTrack");

export const SubtitleStatus = z
  .object({
    name: z.string().openapi({ description: "What people choose it by", example: "English" }),
    language: z.string().nullable().openapi({ description: "BCP 47", example: "en" }),
    path: z.string().openapi({ description: "Playlist below hls/{id}/", example: "subtitles/1-en/playlist.m3u8" }),
    source: z
      .enum(subtitleSources)
      .openapi({ description: "`embedded`: a track of the source; `sidecar`: given to metadata" }),
    codec: z.string().openapi({ example: "subrip" }),
  })
  .openapi("SubtitleStatus");
export type SubtitleStatus = z.infer<typeof SubtitleStatus>;

export const LeftOutTrack = z
  .object({
    kind: z.literal("subtitles"),
    name: z.string(),
    language: z.string().nullable().openapi({ description: "BCP 47", example: "en" }),
    codec: z.string().openapi({ example: "hdmv_pgs_subtitle" }),
    reason: z.string(),
  })
  .openapi("LeftOutTrack");
export type LeftOutTrack = z.infer<typeof LeftOutTrack>;

export const SourceFacts = z
  .object({
    container: z.string().openapi({ description: "ffprobe's names", example: "mov,mp4,m4a,3gp,3g2,mj2" }),
    picture: z
      .object({
        codec: z.string().nullable().openapi({ example: "hevc" }),
        pixel_format: z.string().nullable().openapi({ example: "yuv420p10le" }),
        resolution: z.string().openapi({ description: "Upright, in square pixels", example: "1920x1080" }),
        frame_rate: z.number().openapi({ description: "Frames a second that come out", example: 25 }),
        variable_frame_rate: z.boolean(),
        interlaced: z.boolean(),
        range: z
          .string()
          .openapi({ description: "`standard`, `wide` (BT.2020), `pq` (HDR10) or `hlg`", example: "pq" }),
      })
      .nullable(),
    sound: z.array(
      z.object({
        codec: z.string().openapi({ example: "aac" }),
        channels: z.number().openapi(integer("Of the source")),
        sample_rate: z.number().openapi(integer("Hz", 48_000)),
      }),
    ),
  })
  .openapi("SourceFacts");
export type SourceFacts = z.infer<typeof SourceFacts>;

export const TranscodingStatus = z
  .object({
    upload_id: VideoId,
    filename: z.string(),
    started_at: seconds("Job started"),
    finished_at: seconds("Job ended"),
    overall: z.enum(["running", "ok", "error", "stopped"]),
    original_resolution: z.string().nullable().openapi({ example: "1920x1080" }),
    original_quality_label: z.string().nullable().openapi({ example: "1080p" }),
    duration: z.number().nullable().openapi({ description: "Seconds of picture" }),
    source: SourceFacts.nullable().openapi({ description: "What the upload is; null until it was examined" }),
    master_playlist: z.string().openapi({ example: "master.m3u8" }),
    poster: z
      .string()
      .nullable()
      .openapi({ description: "A JPEG below hls/{id}/; null until it is there", example: "poster.jpg" }),
    storyboard: z.string().nullable().openapi({
      description:
        "WebVTT index of small pictures for the seek bar, below hls/{id}/; null until it is there, last of all",
      example: "storyboard/storyboard.vtt",
    }),
    playable: z.boolean().openapi({ description: "True once the master lists something that plays" }),
    progress: z.number().openapi({ description: "Of the whole job, 0 to 100" }),
    error: z.string().optional(),
    fault: Fault.optional(),
    waiting: z.string().optional().openapi({ description: "Why it does not go on for now" }),
    qualities: z.record(z.string(), z.union([RenditionStatus, OriginalStatus])),
    audio: RenditionStatus.omit({ target_resolution: true })
      .nullable()
      .openapi({ description: "The first track of audio_tracks; null where the source has no sound" }),
    audio_tracks: z.array(AudioTrack).openapi({ description: "The one that plays when nobody chooses comes first" }),
    warnings: z
      .array(z.string())
      .openapi({ description: "What does not come out as one would expect, a sentence each: damage, tracks left out" }),
    subtitles: z.array(SubtitleStatus).openapi({ description: "Tracks that the master lists" }),
    left_out: z.array(LeftOutTrack).openapi({ description: "Tracks of the source that nobody will see, and why" }),
  })
  .openapi("TranscodingStatus");
export type TranscodingStatus = z.infer<typeof TranscodingStatus>;
export type RenditionStatus = z.infer<typeof RenditionStatus>;

export const StartRequest = z
  .object({
    upload_id: VideoId,
    filename: z.string().min(1).max(255),
    network_speed: z.coerce
      .number()
      .nonnegative()
      .default(10)
      .openapi({ type: "number", description: "Mbit/s; below 1 makes 360p only, below 5 480p and lower" }),
  })
  .openapi("StartRequest");

export const DemandRequest = z
  .object({
    quality: RenditionName.openapi({ example: "360p" }),
    segment: z.number().int().min(0).max(10_000_000).openapi(integer("Index from 0")),
  })
  .openapi("DemandRequest");

export const EncoderState = z
  .object({
    name: z.string().openapi({ example: "libx264" }),
    state: z
      .enum(["ready", "out", "broken"])
      .openapi({ description: "`out`: failed in jobs, tried again soon; `broken`: its proof failed" }),
    reason: z.string().nullable().openapi({ description: "ffmpeg's words" }),
  })
  .openapi("EncoderState");

export const Attempt = z
  .object({
    renditions: z.array(z.string()).openapi({ description: "`poster` or `storyboard` for what is no rendition" }),
    first_segment: z.number().openapi(integer("Index of the first segment; of a storyboard, the first tile")),
    segment_count: z.number().openapi(integer("Number of segments, or tiles; 0 for a poster")),
    demanded: z.boolean().openapi({ description: "Somebody waited for it" }),
    encoder: z.string(),
    arguments: z.array(z.string()),
    started_at: z.number().openapi({ description: "Epoch seconds" }),
    seconds: z.number(),
    exit_code: z
      .number()
      .nullable()
      .openapi({ ...integer("Null when a signal ended it"), type: ["integer", "null"] }),
    errors: z.string().openapi({ description: "Last lines of stderr" }),
    fault: Fault.nullable(),
  })
  .openapi("Attempt");

const tags = ["Transcoding"];

export const startTranscode = createRoute({
  method: "post",
  path: "/transcode/start",
  operationId: "startTranscode",
  tags,
  summary: "Start a video's transcoding, or go on with it; starting twice is harmless",
  request: jsonBody(StartRequest),
  responses: {
    200: json(z.object({ status: z.literal("started"), upload_id: VideoId }), "It will be transcoded"),
    ...problems({ 404: "Source file not found", 422: "Bad form" }),
  },
});

export const getTranscodeStatus = createRoute({
  method: "get",
  path: "/transcode/status/{upload_id}",
  operationId: "getTranscodeStatus",
  tags,
  summary: "How far it is, rendition by rendition",
  request: { params },
  responses: {
    200: json(TranscodingStatus, "The status"),
    ...problems({ 400: "Invalid path", 404: "Status not found" }),
  },
});

export const resumeTranscodes = createRoute({
  method: "post",
  path: "/transcode/resume",
  operationId: "resumeTranscodes",
  tags,
  summary: "Go on with every video that is not whole and that nobody stopped; a running one is not disturbed",
  responses: {
    200: json(
      z.object({ status: z.literal("completed"), resumed_count: z.number().openapi(integer("Jobs set going")) }),
      "Resumed",
    ),
  },
});

export const stopTranscode = createRoute({
  method: "post",
  path: "/transcode/{upload_id}/stop",
  operationId: "stopTranscode",
  tags,
  summary: "End the encoder now; what is made stays and plays",
  request: { params },
  responses: {
    200: json(z.object({ status: z.literal("stopped") }), "No encoder works on it any more"),
    ...problems({ 400: "Invalid path", 404: "Status not found" }),
  },
});

export const deleteTranscode = createRoute({
  method: "delete",
  path: "/transcode/{upload_id}",
  operationId: "deleteTranscode",
  tags,
  summary: "End the encoder, then remove the video's streams, temporary files and rows; harmless when there are none",
  request: { params },
  responses: {
    200: json(z.object({ status: z.literal("deleted") }), "Nothing of it is left"),
    ...problems({ 400: "Invalid path" }),
  },
});

export const watchTranscodes = createRoute({
  method: "get",
  path: "/transcode/events",
  operationId: "watchTranscodes",
  tags,
  summary: "Progress as it happens (server-sent events)",
  description:
    "Event `progress`, its data the status of one video, at most four a second and video. With `upload_id` only that one's, beginning with where it stands.",
  request: { query: z.object({ upload_id: VideoId.optional() }) },
  responses: {
    200: { description: "The feed", content: { "text/event-stream": { schema: z.string() } } },
    ...problems({ 422: "Bad id" }),
  },
});

export const demandSegment = createRoute({
  method: "post",
  path: "/transcode/{upload_id}/demand",
  operationId: "demandSegment",
  tags,
  summary: "Make this segment next, and answer when it is there",
  description: "For the streaming service. Many who ask for one segment cause one encode.",
  request: { params, ...jsonBody(DemandRequest) },
  responses: {
    200: json(z.object({ status: z.literal("ready") }), "The segment's file is in place"),
    ...problems({
      400: "Invalid path",
      404: "Segment not found: the plan has none there, or the video is not being made",
      422: "Bad form",
      503: "Not ready in time; ask again",
    }),
  },
});

export const restoreFile = createRoute({
  method: "post",
  path: "/transcode/{upload_id}/restore",
  operationId: "restoreFile",
  tags,
  summary: "Make a playlist, the manifest or the poster again that is gone from the disk",
  description: "For the streaming service, which asks when a player wants a file that is not there.",
  request: { params, ...jsonBody(z.object({ path: AssetPath }).openapi("RestoreRequest")) },
  responses: {
    200: json(z.object({ status: z.literal("ready") }), "The file is in place"),
    ...problems({
      400: "Invalid path",
      404: "File not found: the video has none",
      503: "Not ready in time; ask again",
    }),
  },
});

export const listEncoders = createRoute({
  method: "get",
  path: "/transcode/encoders",
  operationId: "listEncoders",
  tags,
  summary: "Which encoders work here, in the order of preference, and why one does not",
  responses: { 200: json(z.object({ encoders: z.array(EncoderState) }), "The encoders") },
});

export const listAttempts = createRoute({
  method: "get",
  path: "/transcode/{upload_id}/attempts",
  operationId: "listAttempts",
  tags,
  summary: "Every ffmpeg that was run for a video, why each rung is made or not, and what remains",
  request: {
    params,
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100).openapi(integer("At most this many, newest first")),
    }),
  },
  responses: {
    200: json(
      z.object({
        attempts: z.array(Attempt),
        rungs: z.array(z.object({ name: z.string(), made: z.boolean(), reason: z.string() })),
        remaining_seconds: z
          .number()
          .nullable()
          .openapi({ description: "Estimate; null while nothing is known, 0 when done" }),
      }),
      "The attempts",
    ),
    ...problems({ 400: "Invalid path", 404: "Status not found", 422: "Bad query" }),
  },
});
