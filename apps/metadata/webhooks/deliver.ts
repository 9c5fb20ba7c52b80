/**
 * Sends what is in the outbox. Each webhook is worked on by itself, with a few connections of its own, so that a receiver that is
 * slow or gone holds up no other one, and of one receiver a video that it does not take holds up no other video. What to send is
 * always read from the store: a restart or a lost hint changes nothing.
 */
import { setImmediate } from "node:timers/promises";
import { parseRemoteUrl, type RemoteAnswer, sendRemote } from "@video-backend/remote";
import { createReconciler, messageOf, repeat } from "@video-backend/service";
import { Webhook } from "standardwebhooks";
import type { MetadataDeps, Sending } from "../deps.ts";
import { retryDelaySeconds } from "./state.ts";
import type { DeliveryRecord, TryOutcome, WebhookRecord } from "./store.ts";
import { maxWebhooks } from "./webhooks.ts";

type DeliverDeps = Pick<MetadataDeps, "webhooks" | "sending" | "log" | "now"> & { count?: (outcome: Outcome) => void };

/** How a try ended; `failed` and then tried no more is `given_up`. */
const outcomes = ["delivered", "failed", "given_up"] as const;
type Outcome = (typeof outcomes)[number];

/** Delivers until the signal aborts; resolves when nothing is in progress any more. */
export async function keepDelivering(
  { metrics, ...given }: Omit<DeliverDeps, "count"> & Pick<MetadataDeps, "metrics">,
  signal: AbortSignal,
): Promise<void> {
  const counter = metrics?.counter(
    { name: "video_webhook_tries_total", help: "Events sent to webhooks, by outcome", labelNames: ["outcome"] },
    outcomes.map((outcome) => ({ outcome })),
  );
  const deps: DeliverDeps = { ...given, count: (outcome) => counter?.inc({ outcome }) };
  const { webhooks, now, log } = deps;
  const reconciler = createReconciler<string>({
    log,
    concurrency: maxWebhooks,
    async reconcile(id, ended) {
      const nextDueAt = await deliverDue(deps, id, ended);
      if (nextDueAt !== null) reconciler.requestWithin(id, Math.max(0, nextDueAt - now()));
    },
  });
  const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  while (!signal.aborted) {
    const changed = webhooks.next();
    for (const { id } of await webhooks.list()) reconciler.request(id);
    await Promise.race([changed, aborted]);
  }
  await reconciler.close();
}

/** Sends all that is due to one webhook. @returns when the next try is due; null if there is none */
async function deliverDue(deps: DeliverDeps, id: string, signal: AbortSignal): Promise<number | null> {
  const { webhooks, sending } = deps;
  const deleted = new AbortController();
  const either = AbortSignal.any([signal, deleted.signal]);
  const underWay = new Map<string, Promise<void>>();
  try {
    for (;;) {
      signal.throwIfAborted();
      const changed = webhooks.next();
      const webhook = await webhooks.find(id);
      if (!webhook) return null;
      const room = sending.atOnce - underWay.size;
      const due = room > 0 ? await webhooks.listDue(id, room, [...underWay.keys()]) : [];
      for (const delivery of due) {
        // A resent event may be due beside another one of its video.
        if (underWay.has(delivery.videoId)) continue;
        const trying = tryOnce(deps, webhook, delivery, either).finally(() => underWay.delete(delivery.videoId));
        underWay.set(delivery.videoId, trying);
      }
      if (underWay.size === 0) return await webhooks.nextDueAt(id);
      await Promise.race([changed, ...underWay.values()]);
    }
  } finally {
    deleted.abort(new Error("The webhook is not delivered to any more"));
    await Promise.allSettled(underWay.values());
  }
}

/** What was interrupted is not recorded, and is sent again. */
async function tryOnce(
  { webhooks, sending, log, now, count }: DeliverDeps,
  webhook: WebhookRecord,
  delivery: DeliveryRecord,
  signal: AbortSignal,
): Promise<void> {
  const answer = await send(sending, webhook, delivery, now(), signal);
  if (signal.aborted) return;
  const { webhookId, eventId, type, videoId, tries } = delivery;
  const line = { webhookId, eventId, type, videoId, tries: tries + 1 };
  if (answer.error === null) {
    await webhooks.recordTry(delivery, { kind: "delivered", responseStatus: answer.responseStatus });
    count?.("delivered");
    return log.debug(line, "an event was delivered");
  }
  const { error, responseStatus } = answer;
  const nextTryAt = now() + retryDelaySeconds(tries + 1, sending.retrySeconds, Math.random());
  const isLast = nextTryAt > delivery.endsAt;
  const outcome: TryOutcome = { kind: "failed", responseStatus, error, nextTryAt: isLast ? null : nextTryAt };
  await webhooks.recordTry(delivery, outcome);
  count?.(isLast ? "given_up" : "failed");
  if (isLast) log.error({ ...line, reason: error }, "an event could not be delivered, and is given up");
  else log.warn({ ...line, reason: error }, "an event could not be delivered; it is tried again");
}

type Answer = { error: null; responseStatus: number } | { error: string; responseStatus: number | null };

/** Never rejects. */
async function send(
  { rules, timeoutSeconds }: Sending,
  { url, secret }: WebhookRecord,
  { eventId, payload }: DeliveryRecord,
  now: number,
  signal: AbortSignal,
): Promise<Answer> {
  const headers = {
    "content-type": "application/json",
    "webhook-id": eventId,
    "webhook-timestamp": String(Math.floor(now)),
    "webhook-signature": new Webhook(secret).sign(eventId, new Date(now * 1000), payload),
  };
  const late = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const request = { method: "POST" as const, headers, body: payload };
    const within = AbortSignal.any([signal, late]);
    using answer = await sendRemote({ ...rules, answerSeconds: timeoutSeconds }, parseRemoteUrl(url), request, within);
    const responseStatus = answer.status;
    if (responseStatus >= 200 && responseStatus < 300) return { error: null, responseStatus };
    return { error: await reasonOf(answer, within), responseStatus };
  } catch (error) {
    const reason = late.aborted ? `no answer within ${timeoutSeconds} s` : messageOf(error);
    return { error: reason, responseStatus: null };
  }
}

const maxReasonBytes = 300;

/** The status, and the beginning of what the receiver says of it. The rest is not read. */
async function reasonOf({ status, body }: RemoteAnswer, signal: AbortSignal): Promise<string> {
  const aborted = new Promise<null>((resolve) => signal.addEventListener("abort", () => resolve(null), { once: true }));
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const reading = body[Symbol.asyncIterator]();
  try {
    while (bytes < maxReasonBytes) {
      const next = await Promise.race([reading.next(), aborted]);
      if (!next || next.done) break;
      parts.push(next.value);
      bytes += next.value.length;
    }
  } catch {
    // It broke off; the status is what counts.
  }
  const said = Buffer.concat(parts).subarray(0, maxReasonBytes).toString().replaceAll(/\s+/g, " ").trim();
  return said === "" ? `the receiver answered ${status}` : `the receiver answered ${status}: ${said}`;
}

const pruneEverySeconds = 600;
const pruneAtOnce = 200;

/** Removes old deliveries, a few at a time, until the signal aborts. */
export function keepPruning(deps: DeliverDeps, signal: AbortSignal): Promise<void> {
  return repeat(() => pruneDeliveries(deps, signal), { everySeconds: pruneEverySeconds, log: deps.log, signal });
}

/** All that are old by now. Others have their turn between two batches. */
export async function pruneDeliveries({ webhooks, sending, now }: DeliverDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await webhooks.prune(now() - sending.keepSeconds, pruneAtOnce)) === pruneAtOnce) {
    await setImmediate();
  }
}
