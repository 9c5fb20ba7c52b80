/** Webhooks as the server lists them: the parts of its contract that their page reads. */
export const webhookEvents = [
  "video.created",
  "video.playable",
  "video.completed",
  "video.failed",
  "video.deleted",
  "upload.expired",
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

export interface Webhook {
  id: string;
  url: string;
  events: WebhookEvent[];
  description: string | null;
  /** Epoch seconds. */
  created_at: number;
}

export interface Delivery {
  id: string;
  type: WebhookEvent;
  video_id: string;
  state: "waiting" | "pending" | "delivered" | "failed";
  tries: number;
  /** Epoch seconds; null unless pending. */
  next_try_at: number | null;
  /** Of the last response; null if there was none. */
  response_status: number | null;
  error: string | null;
  created_at: number;
}
