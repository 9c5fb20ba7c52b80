/** The verbs on webhooks and deliveries. */
import { randomBytes } from "node:crypto";
import { findAddresses, parseRemoteUrl } from "@video-backend/remote";
import { isServiceError, ServiceError } from "@video-backend/service";
import { nanoid } from "nanoid";
import type { MetadataDeps } from "../deps.ts";
import type { Delivery, DeliveryQuery, ExpiredUpload, NewWebhook, Webhook } from "./contract.ts";
import { webhookEventTypes } from "./state.ts";
import type { DeliveryRecord, WebhookRecord } from "./store.ts";

type Deps = Pick<MetadataDeps, "webhooks">;

/** Each has its own connections: the limit bounds them all. */
export const maxWebhooks = 32;

/**
 * Creates a webhook with a secret of its own.
 *
 * @throws ServiceError `invalid_request` for what is no address of http or https; `forbidden` for one that is not public;
 *   `conflict` if there are too many
 */
export async function createWebhook(
  { webhooks, sending }: Pick<MetadataDeps, "webhooks" | "sending">,
  { url, events = [...webhookEventTypes], description = null }: NewWebhook,
): Promise<Webhook & { secret: string }> {
  const address = parseRemoteUrl(url);
  await findAddresses(sending.rules, address).catch((error: unknown) => {
    // A receiver may be started later, and a name may be known later. It is looked up anew for each delivery.
    if (!isServiceError(error, "source_unreachable")) throw error;
  });
  const secret = `whsec_${randomBytes(24).toString("base64")}`;
  const created = await webhooks.create(
    { id: `wh_${nanoid()}`, url: address.href, events, description, secret },
    maxWebhooks,
  );
  if (!created) throw new ServiceError("conflict", `There are ${maxWebhooks} webhooks already; more are not accepted`);
  return { ...presentWebhook(created), secret };
}

export const listWebhooks = async ({ webhooks }: Deps): Promise<Webhook[]> =>
  (await webhooks.list()).map(presentWebhook);

/** @throws ServiceError `not_found` */
export async function deleteWebhook({ webhooks }: Deps, id: string): Promise<void> {
  if (!(await webhooks.delete(id))) throw webhookNotFound(id);
}

/** @throws ServiceError `not_found` */
export async function listDeliveries(
  { webhooks }: Deps,
  id: string,
  { state, limit, offset }: DeliveryQuery,
): Promise<Delivery[]> {
  if (!(await webhooks.find(id))) throw webhookNotFound(id);
  return (await webhooks.listDeliveries(id, { states: state, limit, offset })).map(presentDelivery);
}

/** @throws ServiceError `not_found`; `conflict` for a delivery that waits for an earlier one */
export async function resendDelivery({ webhooks }: Deps, id: string, eventId: string): Promise<Delivery> {
  if (!(await webhooks.find(id))) throw webhookNotFound(id);
  const resent = await webhooks.resend(id, eventId);
  if (resent) return presentDelivery(resent);
  const found = await webhooks.findDelivery(id, eventId);
  if (!found) throw new ServiceError("not_found", "Delivery not found", { details: { id, delivery_id: eventId } });
  throw new ServiceError(
    "conflict",
    `A delivery that is ${found.state} cannot be resent: an earlier event of its video is not settled`,
    { details: { id, delivery_id: eventId, state: found.state, accepted: ["pending", "delivered", "failed"] } },
  );
}

/** Adds the event `upload.expired`, once for each upload. */
export async function reportExpiredUpload({ webhooks }: Deps, upload: ExpiredUpload): Promise<void> {
  const videoId = upload.upload_id;
  await webhooks.record({ id: `evt_expired_${videoId}`, type: "upload.expired", videoId, data: () => upload });
}

const webhookNotFound = (id: string) => new ServiceError("not_found", "Webhook not found", { details: { id } });

const presentWebhook = (webhook: WebhookRecord): Webhook => ({
  id: webhook.id,
  url: webhook.url,
  events: webhook.events,
  description: webhook.description,
  created_at: webhook.createdAt,
});

const presentDelivery = (delivery: DeliveryRecord): Delivery => ({
  id: delivery.eventId,
  type: delivery.type,
  video_id: delivery.videoId,
  state: delivery.state,
  tries: delivery.tries,
  next_try_at: delivery.nextTryAt,
  response_status: delivery.responseStatus,
  error: delivery.error,
  created_at: delivery.createdAt,
  settled_at: delivery.settledAt,
  payload: JSON.parse(delivery.payload),
});
