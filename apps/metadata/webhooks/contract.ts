/** The HTTP surface of webhooks: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  exampleVideoId,
  integer,
  json,
  jsonBody,
  problems,
  scope,
  servicesOnly,
  VideoId,
} from "@video-backend/service/contract";
import { exampleVideo } from "../videos/contract.ts";
import { ExpiredUpload, exampleExpiredUpload, webhookDocuments } from "./events.ts";
import { deliveryStates, webhookEventTypes } from "./state.ts";

export { ExpiredUpload, webhookDocuments };

const WebhookId = z
  .string()
  .regex(/^wh_[A-Za-z0-9_-]{21}$/, "the id of a webhook is wh_ and 21 letters, digits, - and _")
  .openapi({ description: "The id of a webhook", example: "wh_V1StGXR8_Z5jdHi6B-myT" });

const DeliveryId = z
  .string()
  .regex(/^evt_[A-Za-z0-9_-]{1,80}$/, "the id of a delivery is evt_, letters, digits, - and _")
  .openapi({
    description: "The `webhook-id` that the receiver is sent, the same at each try",
    example: "evt_V1StGXR8_Z5jdHi6B-myT",
  });

const WebhookEventType = z.enum(webhookEventTypes).openapi("WebhookEventType");

const url = z.string().max(2048).openapi({ example: "https://app.example/hooks/video" });

export const Webhook = z
  .object({
    id: WebhookId,
    url,
    events: z.array(WebhookEventType),
    description: z.string().nullable(),
    created_at: z.number().openapi({ description: "Epoch seconds" }),
  })
  .openapi("Webhook");
export type Webhook = z.infer<typeof Webhook>;

export const NewWebhook = z
  .object({
    url,
    events: z
      .array(z.enum(webhookEventTypes))
      .min(1)
      .transform((list) => webhookEventTypes.filter((type) => list.includes(type)))
      .optional()
      .openapi({
        type: "array",
        items: { type: "string", enum: [...webhookEventTypes] },
        description: "The events that are sent; all by default",
      }),
    description: z.string().trim().max(200).nullish(),
  })
  .openapi("NewWebhook");
export type NewWebhook = z.infer<typeof NewWebhook>;

export const CreatedWebhook = Webhook.extend({
  secret: z.string().openapi({ description: "Verifies signatures. It cannot be shown again" }),
}).openapi("CreatedWebhook");

export const Delivery = z
  .object({
    id: DeliveryId,
    type: WebhookEventType,
    video_id: VideoId,
    state: z.enum(deliveryStates).openapi({
      description:
        "`waiting`: an earlier event of the video is not settled. `pending`: sent at `next_try_at`. `failed`: given up",
    }),
    tries: z.number().openapi(integer("How often it was sent, since the last resend")),
    next_try_at: z.number().nullable().openapi({ description: "Epoch seconds; null unless pending" }),
    response_status: z.number().nullable().openapi(integer("HTTP status of the last response; null if there was none")),
    error: z.string().nullable().openapi({ description: "Why the last try failed" }),
    created_at: z.number().openapi({ description: "Epoch seconds of the event" }),
    settled_at: z.number().nullable().openapi({ description: "Epoch seconds; null unless delivered or failed" }),
    payload: z.looseObject({}).openapi({ description: "The body, see `webhooks` in this document" }),
  })
  .openapi("WebhookDelivery");
export type Delivery = z.infer<typeof Delivery>;

export const DeliveryQuery = z.object({
  state: z
    .string()
    .transform((list) => list.split(","))
    .pipe(z.array(z.enum(deliveryStates)))
    .optional()
    .openapi({ type: "string", description: "Comma-separated list", example: "pending,failed" }),
  limit: z.coerce.number().int().min(1).max(200).default(50).openapi(integer("Maximum number of deliveries", 50)),
  offset: z.coerce.number().int().min(0).default(0).openapi(integer("Number of deliveries to skip", 0)),
});
export type DeliveryQuery = z.infer<typeof DeliveryQuery>;

const tags = ["Webhooks"];
const params = z.object({ id: WebhookId });
const example: Webhook = {
  id: "wh_V1StGXR8_Z5jdHi6B-myT",
  url: "https://app.example/hooks/video",
  events: ["video.playable", "video.failed"],
  description: "My site",
  created_at: 1_767_225_600.25,
};
const exampleDelivery: Delivery = {
  id: "evt_V1StGXR8_Z5jdHi6B-myT",
  type: "video.playable",
  video_id: exampleVideoId,
  state: "delivered",
  tries: 1,
  next_try_at: null,
  response_status: 204,
  error: null,
  created_at: 1_767_225_603.75,
  settled_at: 1_767_225_603.9,
  payload: { type: "video.playable", timestamp: "2026-01-01T00:00:03.750Z", data: exampleVideo },
};

export const createWebhook = createRoute({
  method: "post",
  path: "/webhooks",
  operationId: "createWebhook",
  ...scope("admin"),
  tags,
  summary: "Create a webhook",
  description:
    "Events from now on are sent to the address, signed as Standard Webhooks describes. The response is the only place " +
    "where the secret is shown. Addresses that are not public are refused unless REMOTE_ALLOW names them.",
  request: jsonBody(NewWebhook, { url: example.url, events: example.events }),
  responses: {
    200: json(CreatedWebhook, "The webhook", { ...example, secret: `whsec_${"A".repeat(32)}` }),
    ...problems({ 409: "There are as many webhooks as there may be", 422: "Invalid request" }),
    ...problems({ 403: "The address is not public; or the key lacks the scope, which `missing_scope` names" }),
  },
});

export const listWebhooks = createRoute({
  method: "get",
  path: "/webhooks",
  operationId: "listWebhooks",
  ...scope("admin"),
  tags,
  summary: "List webhooks",
  description: "Returns all webhooks, newest first, without their secrets.",
  responses: { 200: json(z.object({ webhooks: z.array(Webhook) }), "The webhooks", { webhooks: [example] }) },
});

export const deleteWebhook = createRoute({
  method: "delete",
  path: "/webhooks/{id}",
  operationId: "deleteWebhook",
  ...scope("admin"),
  tags,
  summary: "Delete a webhook",
  description: "Ends its deliveries, also one that is in progress.",
  request: { params },
  responses: {
    200: json(z.object({ status: z.literal("deleted") }), "Deleted", { status: "deleted" }),
    ...problems({ 400: "Invalid path", 404: "Webhook not found" }),
  },
});

export const listDeliveries = createRoute({
  method: "get",
  path: "/webhooks/{id}/deliveries",
  operationId: "listDeliveries",
  ...scope("admin"),
  tags,
  summary: "List deliveries of a webhook",
  description: "Newest first. Deliveries that are delivered or failed are kept for a week by default.",
  request: { params, query: DeliveryQuery },
  responses: {
    200: json(z.object({ deliveries: z.array(Delivery) }), "The deliveries", { deliveries: [exampleDelivery] }),
    ...problems({ 400: "Invalid path", 404: "Webhook not found", 422: "Invalid query" }),
  },
});

export const resendDelivery = createRoute({
  method: "post",
  path: "/webhooks/{id}/deliveries/{delivery_id}/resend",
  operationId: "resendDelivery",
  ...scope("admin"),
  tags,
  summary: "Resend a delivery",
  description: "Sends it at once, with the same id and body, and retries for another 24 hours if that fails.",
  request: { params: params.extend({ delivery_id: DeliveryId }) },
  responses: {
    200: json(Delivery, "The delivery", {
      ...exampleDelivery,
      state: "pending",
      tries: 0,
      next_try_at: 1_767_225_700,
      settled_at: null,
    }),
    ...problems({
      400: "Invalid path",
      404: "Webhook not found; Delivery not found",
      409: "An earlier event of the video is not settled",
    }),
  },
});

export const reportExpiredUpload = createRoute({
  method: "post",
  path: "/uploads/expired",
  operationId: "reportExpiredUpload",
  ...servicesOnly,
  tags,
  summary: "Register that an upload expired",
  description: "Upload reports it until it is acknowledged; webhooks get one event, however often it is reported.",
  request: jsonBody(ExpiredUpload, exampleExpiredUpload),
  responses: {
    200: json(z.object({ status: z.literal("ok") }), "Acknowledged", { status: "ok" }),
    ...problems({ 422: "Invalid request" }),
  },
});
