/** `videos.db`: the videos, and the changes that the feed tells. Times are epoch seconds with a fraction. */
import { sql } from "drizzle-orm";
import { check, index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const transcodingStatuses = ["pending", "transcoding", "completed", "failed"] as const;

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
    createdAt: real("created_at").notNull(),
    updatedAt: real("updated_at").notNull(),
  },
  (table) => [
    index("videos_by_creation").on(table.createdAt),
    check("videos_stopped", sql`${table.stopped} in (0, 1)`),
    check(
      "videos_transcoding_status",
      sql`${table.transcodingStatus} in ('pending', 'transcoding', 'completed', 'failed')`,
    ),
  ],
);

export const changeKinds = ["video.created", "video.updated", "video.deleted"] as const;

/** One row a change, written in the transaction of the change itself. `sequence` is the event id of the feed. */
export const changes = sqliteTable("changes", {
  sequence: integer("sequence").primaryKey({ autoIncrement: true }),
  kind: text("kind", { enum: changeKinds }).notNull(),
  hash: text("hash").notNull(),
  changedAt: real("changed_at").notNull(),
});

export type VideoRow = typeof videos.$inferSelect;
export type ChangeKind = (typeof changeKinds)[number];
export type TranscodingStatus = (typeof transcodingStatuses)[number];
