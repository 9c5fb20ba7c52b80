/** The schema of a video on the wire. No I/O. */
import { z } from "@hono/zod-openapi";
import { exampleVideoId, integer, VideoId } from "@video-backend/service/contract";
import { transcodingStatuses, visibilities } from "./state.ts";

export const TranscodingStatus = z.enum(transcodingStatuses).openapi("VideoTranscodingStatus");

export type TranscodingStatus = z.infer<typeof TranscodingStatus>;

/** The status that people see: `stopped` while it is stopped and not completed, else the transcoding status. */
export const shownStatuses = [...transcodingStatuses, "stopped"] as const;
export type ShownStatus = (typeof shownStatuses)[number];

export const Visibility = z
  .enum(visibilities)
  .openapi("Visibility", { description: "`private`: streaming serves it with a playback token only" });

export const Sha256 = z
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
    stopped: z.number().openapi(integer("1 while its transcoding is stopped on request, else 0")),
    visibility: Visibility,
    playable_at: z.number().nullable().openapi({ description: "Epoch seconds from which its stream plays" }),
    sha256: Sha256.nullable(),
    duplicate_of: VideoId.nullable().openapi({
      description: "The first video with the same sha256; null for that one, and where there is no other",
    }),
    created_at: z.number().openapi({ description: "Epoch seconds" }),
    updated_at: z.number().openapi({ description: "Epoch seconds" }),
  })
  .openapi("Video");
export type Video = z.infer<typeof Video>;

export const exampleVideo: Video = {
  id: 1,
  hash: exampleVideoId,
  filename: "holiday.mp4",
  title: "Holiday",
  description: null,
  thumbnail_filename: null,
  original_resolution: "1920x1080",
  original_quality_label: "1080p",
  duration: 62.5,
  status: "completed",
  transcoding_status: "completed",
  error: null,
  stopped: 0,
  visibility: "public",
  playable_at: 1_767_225_603.75,
  sha256: null,
  duplicate_of: null,
  created_at: 1_767_225_600.25,
  updated_at: 1_767_225_684.5,
};
