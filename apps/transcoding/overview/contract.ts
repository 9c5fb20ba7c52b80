/**
 * The HTTP surface for people who watch encoding happen: schemas and routes, no I/O. Answers stay small however long the
 * video is: runs of segments instead of segments, and a bounded number of points. They may be polled; an ETag says when
 * nothing is new.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { exampleVideoId, integer, json, problems, scope, VideoId } from "@video-backend/service/contract";
import { etag } from "hono/etag";
import { faultClasses, jobStates } from "../states.ts";

const params = z.object({ upload_id: VideoId });
const known = problems({ 400: "Invalid path", 404: "Status not found" });
const tags = ["Overview"];

export const segmentStates = ["made", "making", "demanded", "failed", "missing"] as const;
export type SegmentState = (typeof segmentStates)[number];

const SegmentRun = z
  .object({
    state: z.enum(segmentStates).openapi({
      description:
        "`made`: in place and verified; `making`: an encoder is at work on it; `demanded`: a player waits for it; `failed`: an attempt failed and none has followed",
    }),
    from: z.number().openapi({ description: "Seconds from the start of the file" }),
    to: z.number().openapi({ description: "Seconds from the start of the file" }),
    segments: z.number().openapi(integer("How many segments this run has")),
  })
  .openapi("SegmentRun");
export type SegmentRun = z.infer<typeof SegmentRun>;

const RenditionMap = z
  .object({
    name: z.string().openapi({ example: "720p" }),
    kind: z.enum(["video", "audio"]),
    segments: z.number().openapi(integer("Of the plan")),
    made: z.number().openapi(integer("Of these, in place and verified")),
    runs: z.array(SegmentRun).openapi({ description: "Consecutive segments in the same state, in order of time" }),
    encoder: z.string().nullable().openapi({ description: "What made the newest segment", example: "libx264" }),
    speed: z.number().nullable().openapi({ description: "Seconds of video a second, lately; null where none is made" }),
    remaining_seconds: z.number().nullable().openapi({ description: "At that speed; 0 when whole, null when unknown" }),
  })
  .openapi("RenditionMap");

export const SegmentMap = z
  .object({
    upload_id: VideoId,
    duration: z.number().openapi({ description: "Seconds of video or audio, whichever is longer" }),
    segment_seconds: z.number().openapi(integer("Length of a segment")),
    renditions: z
      .array(RenditionMap)
      .openapi({ description: "Highest first, audio last; empty until there is a plan" }),
    remaining_seconds: z
      .number()
      .nullable()
      .openapi({ description: "Of the whole job; 0 when done, null when unknown" }),
  })
  .openapi("SegmentMap");
export type SegmentMap = z.infer<typeof SegmentMap>;

export const Bitrates = z
  .object({
    upload_id: VideoId,
    step_seconds: z.number().openapi({ description: "From one point to the next" }),
    renditions: z.array(
      z.object({
        name: z.string(),
        kind: z.enum(["video", "audio"]),
        bytes: z.number().openapi(integer("Of all segments that are made")),
        average_kbps: z.number().nullable().openapi({ description: "Of what is made; null where nothing is" }),
        peak_kbps: z.number().nullable().openapi({ description: "Of the segment that has most" }),
        kbps: z
          .array(z.number().nullable())
          .openapi({ description: "A point a step; null where nothing, or less than a second, is made" }),
      }),
    ),
  })
  .openapi("Bitrates");
export type Bitrates = z.infer<typeof Bitrates>;

export const QueueState = z
  .object({
    processes: z.object({
      running: z.number().openapi(integer("Encoders at work in the background")),
      waiting: z.number().openapi(integer("Chunks that wait for one")),
    }),
    demands: z.object({
      running: z.number().openapi(integer("Encoders at work for somebody who waits")),
      waiting: z.number().openapi(integer("Chunks that somebody waits for")),
    }),
    jobs: z.record(z.enum(jobStates), z.number()).openapi({ description: "Videos by the state of their job" }),
    disk: z.object({
      free_bytes: z.number().openapi(integer("Free for services")),
      total_bytes: z.number().openapi(integer("Size of the file system")),
      low_water_bytes: z.number().openapi(integer("Encoding waits while less than this is free")),
    }),
  })
  .openapi("QueueState");
export type QueueState = z.infer<typeof QueueState>;

export const RecentFault = z
  .object({
    upload_id: VideoId,
    filename: z.string(),
    at: z.number().openapi({ description: "Epoch seconds" }),
    what: z
      .enum(["job", "attempt"])
      .openapi({ description: "`job`: it ended with this; `attempt`: one encode failed, and was or is tried again" }),
    fault: z.enum(faultClasses).nullable(),
    encoder: z.string().nullable().openapi({ description: "Null for a job" }),
    message: z.string(),
  })
  .openapi("RecentFault");
export type RecentFault = z.infer<typeof RecentFault>;

export const mapSegments = createRoute({
  method: "get",
  path: "/transcode/{upload_id}/segments",
  operationId: "mapSegments",
  ...scope("read"),
  tags,
  summary: "Get the segment map of a video",
  description: "Returns the state of the segments of each rendition, as runs of segments in the same state.",
  middleware: etag(),
  request: { params },
  responses: {
    200: json(SegmentMap, "The map", {
      upload_id: exampleVideoId,
      duration: 62.5,
      segment_seconds: 4,
      renditions: [
        {
          name: "720p",
          kind: "video",
          segments: 16,
          made: 12,
          runs: [
            { state: "made", from: 0, to: 48, segments: 12 },
            { state: "making", from: 48, to: 62.5, segments: 4 },
          ],
          encoder: "libx264",
          speed: 3.5,
          remaining_seconds: 4.1,
        },
      ],
      remaining_seconds: 4.1,
    }),
    ...known,
  },
});

export const measureBitrates = createRoute({
  method: "get",
  path: "/transcode/{upload_id}/bitrates",
  operationId: "measureBitrates",
  ...scope("read"),
  tags,
  summary: "Get the bitrates of a video",
  description: "Returns the measured bitrate of the finished segments over time.",
  middleware: etag(),
  request: { params },
  responses: {
    200: json(Bitrates, "The bitrates", {
      upload_id: exampleVideoId,
      step_seconds: 4,
      renditions: [
        { name: "720p", kind: "video", bytes: 21_840_000, average_kbps: 2795, peak_kbps: 3610, kbps: [2510, null] },
      ],
    }),
    ...known,
  },
});

export const describeQueue = createRoute({
  method: "get",
  path: "/transcode/queue",
  operationId: "describeQueue",
  ...scope("read"),
  tags,
  summary: "Get the queue",
  description: "Returns running and waiting work, the number of jobs by state, and the free disk space.",
  responses: {
    200: json(QueueState, "The queue", {
      processes: { running: 2, waiting: 5 },
      demands: { running: 0, waiting: 0 },
      jobs: { queued: 0, running: 1, ok: 12, error: 0, stopped: 0 },
      disk: { free_bytes: 120_000_000_000, total_bytes: 500_000_000_000, low_water_bytes: 1_073_741_824 },
    }),
  },
});

export const listFaults = createRoute({
  method: "get",
  path: "/transcode/faults",
  operationId: "listFaults",
  ...scope("read"),
  tags,
  summary: "List recent faults",
  description: "Lists failed jobs and failed encoding attempts, newest first.",
  request: {
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(20).openapi(integer("At most this many")),
    }),
  },
  responses: {
    200: json(z.object({ faults: z.array(RecentFault) }), "The faults", {
      faults: [
        {
          upload_id: exampleVideoId,
          filename: "holiday.mp4",
          at: 1_767_225_684.5,
          what: "attempt",
          fault: "encoder",
          encoder: "h264_nvenc",
          message: "No capable devices found",
        },
      ],
    }),
    ...problems({ 422: "Invalid query" }),
  },
});
