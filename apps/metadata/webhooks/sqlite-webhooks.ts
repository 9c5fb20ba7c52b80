/** Webhooks and their deliveries in `videos.db`. */
import { retryWhileBusy } from "@video-backend/database";
import { and, asc, count, desc, eq, inArray, isNotNull, isNull, lte, min, ne, notInArray } from "drizzle-orm";
import { nanoid } from "nanoid";
import { deliveries, webhooks } from "../database/schema.ts";
import type { MetadataDatabase } from "../database/sqlite-database.ts";
import { giveUpSeconds, type WebhookEventType } from "./state.ts";
import type { NewEvent, WebhookRecord, Webhooks } from "./store.ts";

type Transaction = Parameters<Parameters<MetadataDatabase["transaction"]>[0]>[0];

export interface Outbox {
  /** Adds an event; call it inside the transaction that makes the change. */
  add(transaction: Pick<MetadataDatabase, "select" | "insert">, event: NewEvent): void;
}

/** How long the end of a try waits for a database that another program holds; after that the event is sent again. */
const lockSeconds = 60;

/** @param now epoch seconds */
export function createSqliteWebhooks(database: MetadataDatabase, now: () => number): Webhooks & Outbox {
  let changed = Promise.withResolvers<void>();
  const atomically = <Value>(work: (transaction: Transaction) => Value): Value =>
    database.transaction(work, { behavior: "immediate" });

  /** After the transaction, which is synchronous. */
  function wake(): void {
    queueMicrotask(() => {
      changed.resolve();
      changed = Promise.withResolvers();
    });
  }

  function add(transaction: Pick<MetadataDatabase, "select" | "insert">, event: NewEvent): void {
    const { id: eventId = `evt_${nanoid()}`, type, videoId } = event;
    const all = transaction.select().from(webhooks).where(isNull(webhooks.deletedAt)).all();
    const wanting = all.filter((webhook) => typesOf(webhook.events).includes(type));
    if (wanting.length === 0) return;
    const createdAt = now();
    const timestamp = new Date(createdAt * 1000).toISOString();
    const payload = JSON.stringify({ type, timestamp, data: event.data() });
    for (const { id: webhookId } of wanting) {
      const isBehind =
        transaction.select(one).from(deliveries).where(isOpen(webhookId, videoId)).limit(1).all().length > 0;
      const state = isBehind ? ("waiting" as const) : ("pending" as const);
      const times = { createdAt, endsAt: createdAt + giveUpSeconds, nextTryAt: isBehind ? null : createdAt };
      transaction
        .insert(deliveries)
        .values({ webhookId, eventId, type, videoId, payload, state, ...times })
        .onConflictDoNothing()
        .run();
    }
    wake();
  }

  const find = (id: string) => database.select().from(webhooks).where(isThere(id)).get();

  return {
    add,
    async create(webhook, max) {
      return atomically((transaction) => {
        const existing = transaction.select({ count: count() }).from(webhooks).where(isNull(webhooks.deletedAt)).get();
        if ((existing?.count ?? 0) >= max) return null;
        const row = { ...webhook, events: webhook.events.join(","), createdAt: now() };
        transaction.insert(webhooks).values(row).run();
        return { ...webhook, createdAt: row.createdAt };
      });
    },
    async find(id) {
      const row = find(id);
      return row ? recordOf(row) : null;
    },
    async list() {
      const rows = database.select().from(webhooks).where(isNull(webhooks.deletedAt));
      return rows.orderBy(desc(webhooks.createdAt), webhooks.id).all().map(recordOf);
    },
    async delete(id) {
      const deleted = database.update(webhooks).set({ deletedAt: now(), secret: "" }).where(isThere(id)).returning();
      const isDeleted = deleted.all().length > 0;
      if (isDeleted) wake();
      return isDeleted;
    },
    async record(event) {
      atomically((transaction) => add(transaction, event));
    },
    async listDeliveries(webhookId, { states, limit, offset }) {
      const isListed = and(eq(deliveries.webhookId, webhookId), states && inArray(deliveries.state, [...states]));
      const rows = database.select().from(deliveries).where(isListed).orderBy(desc(deliveries.sequence));
      return rows.limit(limit).offset(offset).all();
    },
    async findDelivery(webhookId, eventId) {
      return database.select().from(deliveries).where(isDelivery(webhookId, eventId)).get() ?? null;
    },
    async resend(webhookId, eventId) {
      const isSendable = and(isDelivery(webhookId, eventId), ne(deliveries.state, "waiting"));
      const due = {
        state: "pending" as const,
        tries: 0,
        nextTryAt: now(),
        endsAt: now() + giveUpSeconds,
        settledAt: null,
      };
      const resent = database.update(deliveries).set(due).where(isSendable).returning().get();
      if (resent) wake();
      return resent ?? null;
    },
    async listDue(webhookId, limit, exceptVideos) {
      const isDue = and(
        eq(deliveries.webhookId, webhookId),
        lte(deliveries.nextTryAt, now()),
        notInArray(deliveries.videoId, [...exceptVideos]),
      );
      const order = [asc(deliveries.nextTryAt), asc(deliveries.sequence)];
      const rows = database.select().from(deliveries).where(isDue);
      return rows
        .orderBy(...order)
        .limit(limit)
        .all();
    },
    async nextDueAt(webhookId) {
      const isPending = and(eq(deliveries.webhookId, webhookId), isNotNull(deliveries.nextTryAt));
      const found = database
        .select({ at: min(deliveries.nextTryAt) })
        .from(deliveries)
        .where(isPending);
      return found.get()?.at ?? null;
    },
    async recordTry({ sequence, tries }, outcome) {
      const { responseStatus } = outcome;
      const [error, nextTryAt] = outcome.kind === "failed" ? [outcome.error, outcome.nextTryAt] : [null, null];
      const settled = { state: outcome.kind, nextTryAt: null, settledAt: now() } as const;
      const fields = { tries: tries + 1, responseStatus, error, ...(nextTryAt === null ? settled : { nextTryAt }) };
      const isSame = and(
        eq(deliveries.sequence, sequence),
        eq(deliveries.tries, tries),
        eq(deliveries.state, "pending"),
      );
      const work = () =>
        atomically((transaction) => {
          const tried = transaction.update(deliveries).set(fields).where(isSame).returning().get();
          if (tried && tried.settledAt !== null) promoteNext(transaction, tried, now());
        });
      await retryWhileBusy(database, work, { seconds: lockSeconds });
    },
    async prune(settledBefore, limit) {
      return atomically((transaction) => {
        const ofDeleted = transaction.select({ id: webhooks.id }).from(webhooks).where(isNotNull(webhooks.deletedAt));
        const gone = [
          and(isNotNull(deliveries.settledAt), lte(deliveries.settledAt, settledBefore)),
          inArray(deliveries.webhookId, ofDeleted),
        ];
        let removed = 0;
        for (const isGone of gone) {
          const batch = transaction
            .select(one)
            .from(deliveries)
            .where(isGone)
            .limit(limit - removed);
          removed += transaction
            .delete(deliveries)
            .where(inArray(deliveries.sequence, batch))
            .returning(one)
            .all().length;
        }
        if (removed < limit) transaction.delete(webhooks).where(isNotNull(webhooks.deletedAt)).run();
        return removed;
      });
    },
    next: () => changed.promise,
  };
}

const one = { sequence: deliveries.sequence };

const isThere = (id: string) => and(eq(webhooks.id, id), isNull(webhooks.deletedAt));

const isDelivery = (webhookId: string, eventId: string) =>
  and(eq(deliveries.webhookId, webhookId), eq(deliveries.eventId, eventId));

const isOpen = (webhookId: string, videoId: string) =>
  and(eq(deliveries.webhookId, webhookId), eq(deliveries.videoId, videoId), isNull(deliveries.settledAt));

/** The oldest event that waits behind this one, unless another one of the video is pending, as after a resend. */
function promoteNext(transaction: Transaction, settled: typeof deliveries.$inferSelect, at: number): void {
  const { webhookId, videoId } = settled;
  const open = transaction
    .select()
    .from(deliveries)
    .where(isOpen(webhookId, videoId))
    .orderBy(asc(deliveries.sequence));
  const [first] = open.limit(1).all();
  if (first?.state !== "waiting") return;
  const isPending = and(isOpen(webhookId, videoId), eq(deliveries.state, "pending"));
  if (transaction.select(one).from(deliveries).where(isPending).limit(1).all().length > 0) return;
  const pending = { state: "pending" as const, nextTryAt: at };
  transaction.update(deliveries).set(pending).where(eq(deliveries.sequence, first.sequence)).run();
}

const typesOf = (events: string) => events.split(",") as WebhookEventType[];

const recordOf = ({ deletedAt: _, events, ...row }: typeof webhooks.$inferSelect): WebhookRecord => ({
  ...row,
  events: typesOf(events),
});
