/** `videos.db`: the videos, their captions, API keys and sessions, webhooks, and the feed of changes. Times are epoch seconds with a fraction. */
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { changeKinds } from "../changes/store.ts";
import { transcodingStatuses, visibilities } from "../videos/state.ts";
import { deliveryStates, webhookEventTypes } from "../webhooks/state.ts";

export const videos = sqliteTable(
  "videos",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    hash: text("hash").notNull().unique(),
    filename: text("filename").notNull(),
    title: text("title"),
    description: text("description"),
    thumbnailFilename: text("thumbnail_filename"),
    originalResolution: text("original_resolution"),
    originalQualityLabel: text("original_quality_label"),
    /** Seconds. */
    duration: real("duration"),
    transcodingStatus: text("transcoding_status", { enum: transcodingStatuses }).notNull().default("pending"),
    /** Why the transcode failed, for people. */
    error: text("error"),
    stopped: integer("stopped").notNull().default(0),
    visibility: text("visibility", { enum: visibilities }).notNull().default("public"),
    /** When its stream began to be playable. */
    playableAt: real("playable_at"),
    /** Of the source, in lower-case hex. */
    sha256: text("sha256"),
    createdAt: real("created_at").notNull(),
    updatedAt: real("updated_at").notNull(),
  },
  (table) => [
    index("videos_by_creation").on(table.createdAt),
    index("videos_by_sha256").on(table.sha256, table.createdAt, table.id),
    check("videos_visibility", sql`${table.visibility} in ('public', 'private')`),
    check("videos_sha256", sql`length(${table.sha256}) = 64 and ${table.sha256} not glob '*[^0-9a-f]*'`),
    check("videos_stopped", sql`${table.stopped} in (0, 1)`),
    check(
      "videos_transcoding_status",
      sql`${table.transcodingStatus} in ('pending', 'transcoding', 'completed', 'failed')`,
    ),
  ],
);

/** Captions of a video, one file per language. They are deleted with the video. */
export const captions = sqliteTable(
  "captions",
  {
    hash: text("hash")
      .notNull()
      .references(() => videos.hash, { onDelete: "cascade" }),
    /** BCP 47, canonical. */
    lang: text("lang").notNull(),
    /** The label in a player's menu; null for the name of the language. */
    label: text("label"),
    /** Normalised WebVTT, whatever format was sent. */
    webvtt: text("webvtt").notNull(),
    /** Size of the WebVTT. */
    bytes: integer("bytes").notNull(),
    /** Differs between two versions, also within the same millisecond. */
    updatedAt: real("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.hash, table.lang] })],
);

/** API keys. Of a key only its hash is stored. A revoked key keeps its row. */
export const apiKeys = sqliteTable("api_keys", {
  /** The beginning of the hash. */
  id: text("id").primaryKey(),
  sha256: text("sha256").notNull().unique(),
  name: text("name").notNull(),
  /** Joined by commas. */
  scopes: text("scopes").notNull(),
  createdAt: real("created_at").notNull(),
  expiresAt: real("expires_at"),
  lastUsedAt: real("last_used_at"),
  revokedAt: real("revoked_at"),
});

/** Sessions that an API key was exchanged for. They are valid for as long as their key is, at most, and ended by deletion. */
export const sessions = sqliteTable(
  "sessions",
  {
    /** The beginning of the hash. */
    id: text("id").primaryKey(),
    /** Of the token, in lower-case hex. */
    sha256: text("sha256").notNull().unique(),
    keyId: text("key_id")
      .notNull()
      .references(() => apiKeys.id, { onDelete: "cascade" }),
    createdAt: real("created_at").notNull(),
    expiresAt: real("expires_at").notNull(),
  },
  (table) => [index("sessions_by_expiry").on(table.expiresAt)],
);

/** Endpoints of receivers. A deleted one keeps its row until its deliveries are removed, which is done in small batches. */
export const webhooks = sqliteTable("webhooks", {
  id: text("id").primaryKey(),
  url: text("url").notNull(),
  /** Types joined by commas. */
  events: text("events").notNull(),
  description: text("description"),
  /** Signs what is sent; empty once the webhook is deleted. */
  secret: text("secret").notNull(),
  createdAt: real("created_at").notNull(),
  deletedAt: real("deleted_at"),
});

/**
 * The outbox: one row per event and webhook that wants it, written in the transaction of the change itself. What is found often
 * has an index of its own: what is due, what is not settled of a video, what is old.
 */
export const deliveries = sqliteTable(
  "webhook_deliveries",
  {
    sequence: integer("sequence").primaryKey({ autoIncrement: true }),
    webhookId: text("webhook_id")
      .notNull()
      .references(() => webhooks.id),
    /** The `webhook-id` that the receiver is sent. */
    eventId: text("event_id").notNull(),
    type: text("type", { enum: webhookEventTypes }).notNull(),
    videoId: text("video_id").notNull(),
    /** The body, as JSON. */
    payload: text("payload").notNull(),
    state: text("state", { enum: deliveryStates }).notNull(),
    tries: integer("tries").notNull().default(0),
    /** Null unless pending. */
    nextTryAt: real("next_try_at"),
    /** It is given up when a try fails and the next one would be after this. */
    endsAt: real("ends_at").notNull(),
    /** The HTTP status of the last answer. */
    responseStatus: integer("response_status"),
    /** Why the last try failed. */
    error: text("error"),
    createdAt: real("created_at").notNull(),
    /** Null unless delivered or failed. */
    settledAt: real("settled_at"),
  },
  (table) => [
    uniqueIndex("webhook_deliveries_once").on(table.webhookId, table.eventId),
    index("webhook_deliveries_newest").on(table.webhookId, table.sequence),
    index("webhook_deliveries_due").on(table.webhookId, table.nextTryAt).where(sql`${table.nextTryAt} is not null`),
    index("webhook_deliveries_open")
      .on(table.webhookId, table.videoId, table.sequence)
      .where(sql`${table.settledAt} is null`),
    index("webhook_deliveries_old").on(table.settledAt).where(sql`${table.settledAt} is not null`),
    check("webhook_deliveries_state", sql`${table.state} in ('waiting', 'pending', 'delivered', 'failed')`),
    check("webhook_deliveries_pending", sql`(${table.nextTryAt} is not null) = (${table.state} = 'pending')`),
    check(
      "webhook_deliveries_settled",
      sql`(${table.settledAt} is not null) = (${table.state} in ('delivered', 'failed'))`,
    ),
  ],
);

/** One row per change, written in the transaction of the change itself. `sequence` is the event id of the feed. */
export const changes = sqliteTable("changes", {
  sequence: integer("sequence").primaryKey({ autoIncrement: true }),
  kind: text("kind", { enum: changeKinds }).notNull(),
  hash: text("hash").notNull(),
  changedAt: real("changed_at").notNull(),
});

/**
 * Ids of deleted videos, kept for ever. From them a service that owns files of a video knows that it was deleted, however
 * long that service was down; a video that is neither here nor in `videos` may have been lost with a database.
 */
export const deletions = sqliteTable("deletions", {
  hash: text("hash").primaryKey(),
  deletedAt: real("deleted_at").notNull(),
});
