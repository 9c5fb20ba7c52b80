/** What webhooks send: a JSON schema for each event, for OpenAPI's `webhooks`. No I/O. */
import { type RouteConfig, z } from "@hono/zod-openapi";
import { anybody, exampleVideoId, integer, VideoId } from "@video-backend/service/contract";
import { exampleVideo, Video } from "../videos/contract.ts";
import type { WebhookEventType } from "./state.ts";

export const ExpiredUpload = z
  .object({
    upload_id: VideoId,
    filename: z.string(),
    title: z.string().nullable(),
    bytes_received: z.number().openapi(integer("Bytes that were received and are deleted", 1_048_576)),
    created_at: z.number().openapi({ description: "Epoch seconds" }),
    expired_at: z.number().openapi({ description: "Epoch seconds" }),
  })
  .openapi("ExpiredUpload");
export type ExpiredUpload = z.infer<typeof ExpiredUpload>;

export const exampleExpiredUpload: ExpiredUpload = {
  upload_id: exampleVideoId,
  filename: "holiday.mp4",
  title: null,
  bytes_received: 1_048_576,
  created_at: 1_767_225_600.25,
  expired_at: 1_767_830_400.5,
};

const eventOf = <Type extends WebhookEventType, Data extends z.ZodType>(type: Type, data: Data) =>
  z
    .object({
      type: z.literal(type),
      timestamp: z.iso
        .datetime()
        .openapi({ description: "When it happened, in UTC", example: "2026-01-01T00:00:00.250Z" }),
      data,
    })
    .openapi(`${type.replaceAll(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase())}Event`);

/** The body of each event, by its type. */
export const webhookEvents = {
  "video.created": eventOf("video.created", Video),
  "video.playable": eventOf("video.playable", Video),
  "video.completed": eventOf("video.completed", Video),
  "video.failed": eventOf("video.failed", Video),
  "video.deleted": eventOf("video.deleted", Video),
  "upload.expired": eventOf("upload.expired", ExpiredUpload),
} satisfies Record<WebhookEventType, z.ZodType>;

const told: Record<WebhookEventType, { summary: string; description: string }> = {
  "video.created": { summary: "A video was created", description: "It is registered; nothing of it is encoded yet." },
  "video.playable": {
    summary: "A video plays",
    description: "Its stream plays, and is still being completed. Told once in the life of a video.",
  },
  "video.completed": { summary: "A video is complete", description: "All of its renditions are encoded and verified." },
  "video.failed": { summary: "A video failed", description: "`error` says why. What is encoded still plays." },
  "video.deleted": { summary: "A video was deleted", description: "The data is the video as it was last." },
  "upload.expired": {
    summary: "An upload expired",
    description: "It received nothing for too long, and was deleted before it became a video.",
  },
};

const header = (name: string, description: string, example: string) => ({
  name,
  in: "header" as const,
  required: true,
  description,
  schema: { type: "string" as const },
  example,
});

const parameters = [
  header("webhook-id", "The id of the event. The same when it is sent again", "evt_V1StGXR8_Z5jdHi6B-myT"),
  header("webhook-timestamp", "When it was sent, in epoch seconds", "1767225600"),
  header(
    "webhook-signature",
    "`v1,` and the HMAC-SHA256 of `{id}.{timestamp}.{body}` with the secret, in base64 (Standard Webhooks)",
    "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  ),
];

/** The requests that receivers get, for the document. */
export const webhookDocuments: RouteConfig[] = Object.entries(webhookEvents).map(([type, schema]) => ({
  method: "post",
  path: type,
  operationId: `on${type.replaceAll(/(?:^|\.)(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
  ...anybody,
  tags: ["Webhooks"],
  ...told[type as WebhookEventType],
  parameters,
  request: {
    body: {
      required: true,
      content: {
        "application/json": {
          schema,
          example: {
            type,
            timestamp: "2026-01-01T00:00:00.250Z",
            data: type === "upload.expired" ? exampleExpiredUpload : exampleVideo,
          },
        },
      },
    },
  },
  responses: { "2XX": { description: "The event was received. Anything else has it sent again" } },
}));
