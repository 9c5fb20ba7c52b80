/** The store of webhooks and their deliveries. `webhooks.suite.ts` is its specification. Times are epoch seconds with a fraction. */
import type { DeliveryState, WebhookEventType } from "./state.ts";

export interface WebhookRecord {
  id: string;
  url: string;
  events: WebhookEventType[];
  description: string | null;
  /** Signs what is sent. Never in a log. */
  secret: string;
  createdAt: number;
}

/** One event to one webhook. */
export interface DeliveryRecord {
  /** Ascends in the order of the commits. */
  sequence: number;
  webhookId: string;
  /** The `webhook-id` that the receiver is sent, however often. */
  eventId: string;
  type: WebhookEventType;
  videoId: string;
  /** The body, as JSON. */
  payload: string;
  state: DeliveryState;
  /** Of the current round: a resend begins a new one. */
  tries: number;
  /** Null unless pending. */
  nextTryAt: number | null;
  /** It is given up when a try fails and the next one would be after this. */
  endsAt: number;
  /** The HTTP status of the last answer; null if there was none. */
  responseStatus: number | null;
  /** Why the last try failed. */
  error: string | null;
  createdAt: number;
  /** When it was delivered or given up. */
  settledAt: number | null;
}

export interface NewEvent {
  /** A new one without it. An event with an id that a webhook has is not added to it again. */
  id?: string;
  type: WebhookEventType;
  /** The video, or the upload that would have become one: its events are delivered in order. */
  videoId: string;
  /** Called once if any webhook wants the event. */
  data: () => object;
}

/** How a try ended. Without `nextTryAt` the delivery is given up. */
export type TryOutcome =
  | { kind: "delivered"; responseStatus: number }
  | { kind: "failed"; responseStatus: number | null; error: string; nextTryAt: number | null };

/** Every method is atomic. */
export interface Webhooks {
  /** Null, and nothing is added, if there are `max` already. */
  create(webhook: Omit<WebhookRecord, "createdAt">, max: number): Promise<WebhookRecord | null>;
  /** Null if there is no such webhook. */
  find(id: string): Promise<WebhookRecord | null>;
  /** Newest first. */
  list(): Promise<WebhookRecord[]>;
  /** From then on nothing of it is found. False if there is no such webhook. */
  delete(id: string): Promise<boolean>;
  /** Adds a delivery for each webhook that wants the event. The stores of videos do so in the transaction of a change. */
  record(event: NewEvent): Promise<void>;
  /** Newest first. */
  listDeliveries(
    webhookId: string,
    query: { states?: readonly DeliveryState[] | undefined; limit: number; offset: number },
  ): Promise<DeliveryRecord[]>;
  /** Null if the webhook has no such event. */
  findDelivery(webhookId: string, eventId: string): Promise<DeliveryRecord | null>;
  /** Makes a settled or pending delivery due at once, with all of its time again. Null if it is waiting, or there is none. */
  resend(webhookId: string, eventId: string): Promise<DeliveryRecord | null>;
  /** Pending deliveries whose next try is due, the longest due first, none of these videos. */
  listDue(webhookId: string, limit: number, exceptVideos: readonly string[]): Promise<DeliveryRecord[]>;
  /** When the next try is due; null if nothing is pending. */
  nextDueAt(webhookId: string): Promise<number | null>;
  /**
   * Writes how a try ended, unless the delivery was resent or deleted since it was read. When it is settled the next event of the
   * video becomes pending.
   */
  recordTry(delivery: Pick<DeliveryRecord, "sequence" | "tries">, outcome: TryOutcome): Promise<void>;
  /**
   * Removes deliveries that were settled before this time, and what is left of deleted webhooks.
   *
   * @param limit of rows in one transaction
   * @returns how many rows were removed; less than `limit` when nothing is left to remove
   */
  prune(settledBefore: number, limit: number): Promise<number>;
  /** Resolves when a delivery became due at once, or a webhook was deleted, after this call. */
  next(): Promise<void>;
}
