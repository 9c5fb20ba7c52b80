/** The events that webhooks tell of, and the states of a delivery, as data. */

/** Events of a video. */
export const videoEventTypes = [
  "video.created",
  "video.playable",
  "video.completed",
  "video.failed",
  "video.deleted",
] as const;
export type VideoEventType = (typeof videoEventTypes)[number];

export const webhookEventTypes = [...videoEventTypes, "upload.expired"] as const;
export type WebhookEventType = (typeof webhookEventTypes)[number];

/** Of a delivery: one event to one webhook. */
export const deliveryStates = [
  /** An earlier event of the same video is not settled at this webhook. It becomes pending when that is. */
  "waiting",
  /** Sent at its next try. A response of 2xx makes it delivered; a failure after the end of its time makes it failed. */
  "pending",
  /** The receiver took it. Only a resend makes it pending again, until the row is removed. */
  "delivered",
  /** Given up. Only a resend makes it pending again, until the row is removed. */
  "failed",
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** After which a delivery that fails is given up. */
export const giveUpSeconds = 24 * 3600;
const maxRetrySeconds = 1800;

/**
 * Before the next try: twice as long after each failure, at most half an hour, and up to a tenth more, so that what failed at
 * the same time is not sent at the same time again.
 *
 * @param failures in a row, from 1
 * @param random from 0 to 1
 */
export function retryDelaySeconds(failures: number, firstSeconds: number, random: number): number {
  return Math.min(maxRetrySeconds, firstSeconds * 2 ** (failures - 1)) * (1 + random / 10);
}
