/** The HTTP surface of the transcoding service: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  AssetPath,
  exampleVideoId,
  integer,
  json,
  jsonBody,
  problems,
  RenditionName,
  scope,
  servicesOnly,
  text,
  VideoId,
} from "@video-backend/service/contract";
import { masterFile, playlistPath, posterFile, storyboardFile } from "@video-backend/storage/layout";
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
    video: z
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
    audio: z.array(
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
    duration: z.number().nullable().openapi({ description: "Seconds of video" }),
    source: SourceFacts.nullable().openapi({ description: "What the upload is; null until it was examined" }),
    master_playlist: z.string().openapi({ example: "master.m3u8" }),
    poster: z
      .string()
      .nullable()
      .openapi({ description: "A JPEG below hls/{id}/; null until it is there", example: "poster.jpg" }),
    storyboard: z.string().nullable().openapi({
      description:
        "WebVTT index of small images for the seek bar, below hls/{id}/; null until it is there, last of all",
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
      .openapi({ description: "The first audio track_tracks; null where the source has no audio" }),
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

const exampleRendition: Omit<RenditionStatus, "target_resolution"> = {
  status: "ok",
  progress: 100,
  path: playlistPath("720p"),
  playlist: playlistPath("720p"),
  segments_done: 16,
  segments_total: 16,
  started_at: 1_767_225_601.5,
  updated_at: 1_767_225_684.5,
  finished_at: 1_767_225_684.5,
};
const exampleAudio = { ...exampleRendition, path: playlistPath("audio"), playlist: playlistPath("audio") };

export const exampleStatus: TranscodingStatus = {
  upload_id: exampleVideoId,
  filename: "holiday.mp4",
  started_at: 1_767_225_600.25,
  finished_at: 1_767_225_684.5,
  overall: "ok",
  original_resolution: "1280x720",
  original_quality_label: "720p",
  duration: 62.5,
  source: {
    container: "mov,mp4,m4a,3gp,3g2,mj2",
    video: {
      codec: "h264",
      pixel_format: "yuv420p",
      resolution: "1280x720",
      frame_rate: 25,
      variable_frame_rate: false,
      interlaced: false,
      range: "standard",
    },
    audio: [{ codec: "aac", channels: 2, sample_rate: 48_000 }],
  },
  master_playlist: masterFile,
  poster: posterFile,
  storyboard: storyboardFile,
  playable: true,
  progress: 100,
  qualities: {
    original: {
      status: "ok",
      progress: 100,
      file: "holiday.mp4",
      path: "holiday.mp4",
      resolution: "1280x720",
      quality_label: "720p",
    },
    "720p": { ...exampleRendition, target_resolution: "1280x720" },
  },
  audio: exampleAudio,
  audio_tracks: [{ ...exampleAudio, name: "audio", language: "eng", title: null, channels: 2 }],
  warnings: [],
  subtitles: [],
  left_out: [],
};

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
  ...scope("write"),
  tags,
  summary: "Start transcoding a video",
  description: "Starts or continues the transcoding of an uploaded file. Repeated calls have no further effect.",
  request: jsonBody(StartRequest, { upload_id: exampleVideoId, filename: "holiday.mp4" }),
  responses: {
    200: json(z.object({ status: z.literal("started"), upload_id: VideoId }), "Started", {
      status: "started",
      upload_id: exampleVideoId,
    }),
    ...problems({ 404: "Source file not found", 422: "Invalid request" }),
  },
});

export const getTranscodeStatus = createRoute({
  method: "get",
  path: "/transcode/status/{upload_id}",
  operationId: "getTranscodeStatus",
  ...scope("read"),
  tags,
  summary: "Get the status of a video",
  description: "Returns the transcoding progress of the video and of each rendition.",
  request: { params },
  responses: {
    200: json(TranscodingStatus, "The status", exampleStatus),
    ...problems({ 400: "Invalid path", 404: "Status not found" }),
  },
});

export const resumeTranscodes = createRoute({
  method: "post",
  path: "/transcode/resume",
  operationId: "resumeTranscodes",
  ...scope("write"),
  tags,
  summary: "Resume all videos",
  description: "Resumes every unfinished video that is not stopped on request. Running videos are not affected.",
  responses: {
    200: json(
      z.object({ status: z.literal("completed"), resumed_count: z.number().openapi(integer("Resumed videos")) }),
      "Resumed",
      { status: "completed", resumed_count: 2 },
    ),
  },
});

export const stopTranscode = createRoute({
  method: "post",
  path: "/transcode/{upload_id}/stop",
  operationId: "stopTranscode",
  ...scope("write"),
  tags,
  summary: "Stop transcoding a video",
  description: "Ends the encoder of the video. Finished segments remain playable.",
  request: { params },
  responses: {
    200: json(z.object({ status: z.literal("stopped") }), "Stopped; the encoder has ended", { status: "stopped" }),
    ...problems({ 400: "Invalid path", 404: "Status not found" }),
  },
});

export const deleteTranscode = createRoute({
  method: "delete",
  path: "/transcode/{upload_id}",
  operationId: "deleteTranscode",
  ...scope("write"),
  tags,
  summary: "Delete the streams of a video",
  description: "Ends the encoder, then deletes streams, temporary files and records. Succeeds if there are none.",
  request: { params },
  responses: {
    200: json(z.object({ status: z.literal("deleted") }), "Deleted", { status: "deleted" }),
    ...problems({ 400: "Invalid path" }),
  },
});

export const watchTranscodes = createRoute({
  method: "get",
  path: "/transcode/events",
  operationId: "watchTranscodes",
  ...scope("read"),
  tags,
  summary: "Watch transcoding progress",
  description:
    "Server-sent events `progress`, each with the status of one video, at most four per second and video. With `upload_id` " +
    "only the events of that video, the first one with its current status.",
  request: { query: z.object({ upload_id: VideoId.optional() }) },
  responses: {
    200: text(
      "text/event-stream",
      "The feed",
      `event: progress\ndata: {"upload_id":"${exampleVideoId}","overall":"running","progress":40}\n\n`,
    ),
    ...problems({ 422: "Invalid id" }),
  },
});

export const demandSegment = createRoute({
  method: "post",
  path: "/transcode/{upload_id}/demand",
  operationId: "demandSegment",
  ...servicesOnly,
  tags,
  summary: "Request a segment",
  description:
    "Encodes the segment next and responds when it exists. Concurrent requests for a segment share one encode. Used by streaming.",
  request: { params, ...jsonBody(DemandRequest, { quality: "360p", segment: 12 }) },
  responses: {
    200: json(z.object({ status: z.literal("ready") }), "The segment exists", { status: "ready" }),
    ...problems({
      400: "Invalid path",
      404: "Segment not found: not in the plan, or the video is not being transcoded",
      422: "Invalid request",
      503: "Not ready in time; retry",
    }),
  },
});

export const restoreFile = createRoute({
  method: "post",
  path: "/transcode/{upload_id}/restore",
  operationId: "restoreFile",
  ...servicesOnly,
  tags,
  summary: "Restore a file",
  description:
    "Writes a playlist, the manifest or the poster again if it is missing from the storage. Used by streaming.",
  request: {
    params,
    ...jsonBody(z.object({ path: AssetPath }).openapi("RestoreRequest"), { path: playlistPath("720p") }),
  },
  responses: {
    200: json(z.object({ status: z.literal("ready") }), "The file exists", { status: "ready" }),
    ...problems({
      400: "Invalid path",
      404: "File not found: the video has no such file",
      422: "Invalid request",
      503: "Not ready in time; retry",
    }),
  },
});

export const repairFiles = createRoute({
  method: "post",
  path: "/transcode/{upload_id}/repair",
  operationId: "repairFiles",
  ...scope("admin"),
  tags,
  summary: "Repair the files of a video",
  description:
    "Compares the files of the video with the ledger. Lost segments are encoded again if the original exists and the video is not " +
    "stopped; lost playlists and the poster are written again.",
  request: { params },
  responses: {
    200: json(z.object({ lost_segments: z.number().openapi(integer("Segments that are encoded again")) }), "Compared", {
      lost_segments: 0,
    }),
    ...problems({ 400: "Invalid path", 404: "Status not found" }),
  },
});

export const listEncoders = createRoute({
  method: "get",
  path: "/transcode/encoders",
  operationId: "listEncoders",
  ...scope("read"),
  tags,
  summary: "List encoders",
  description: "Lists the encoders in order of preference, with the reason if one does not work on this machine.",
  responses: {
    200: json(z.object({ encoders: z.array(EncoderState) }), "The encoders", {
      encoders: [
        { name: "h264_nvenc", state: "broken", reason: "Cannot load libcuda.so.1" },
        { name: "libx264", state: "ready", reason: null },
      ],
    }),
  },
});

export const listAttempts = createRoute({
  method: "get",
  path: "/transcode/{upload_id}/attempts",
  operationId: "listAttempts",
  ...scope("read"),
  tags,
  summary: "List encoding attempts",
  description:
    "Lists the ffmpeg runs for a video, newest first, the reason for each rendition of the ladder, and the time that remains.",
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
      {
        attempts: [
          {
            renditions: ["720p"],
            first_segment: 0,
            segment_count: 2,
            demanded: false,
            encoder: "libx264",
            arguments: ["-i", "holiday.mp4"],
            started_at: 1_767_225_601.5,
            seconds: 3.2,
            exit_code: 0,
            errors: "",
            fault: null,
          },
        ],
        rungs: [{ name: "1080p", made: false, reason: "The source is smaller" }],
        remaining_seconds: 0,
      },
    ),
    ...problems({ 400: "Invalid path", 404: "Status not found", 422: "Invalid query" }),
  },
});
