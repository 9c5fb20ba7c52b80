/**
 * `uploads.db`: the uploads and the chunks that are whole and in place. A chunk counts when its row does; the row is
 * written after the file is there. Times are epoch seconds with a fraction.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What each means, and who moves an upload between them: `uploads/upload-state.ts`. */
export const uploadStates = ["receiving", "assembling", "assembled", "registered", "handed_over", "refused"] as const;

/** More chunks than any client in the field sends; with 5 MiB each it is 500 GB. */
export const maxTotalChunks = 100_000;

export const uploads = sqliteTable(
  "uploads",
  {
    id: text("id").primaryKey(),
    filename: text("filename").notNull(),
    title: text("title"),
    totalChunks: integer("total_chunks").notNull(),
    /** As the client declared it; checked against the chunks at complete. */
    fileSizeBytes: integer("file_size_bytes"),
    /** As the client declared it; told back to a client that resumes, never relied on. */
    chunkSizeBytes: integer("chunk_size_bytes"),
    state: text("state", { enum: uploadStates }).notNull().default("receiving"),
    /** Of the assembled source; null before. */
    sourceSizeBytes: integer("source_size_bytes"),
    /** Tries at handing over that found a service away, in a row. */
    failedTries: integer("failed_tries").notNull().default(0),
    /** Not handed over by the background loop before this. */
    nextTryAt: real("next_try_at").notNull().default(0),
    /** Why the last try failed, for people. */
    error: text("error"),
    createdAt: real("created_at").notNull(),
    updatedAt: real("updated_at").notNull(),
  },
  (table) => [
    index("uploads_by_next_try").on(table.state, table.nextTryAt),
    check(
      "uploads_state",
      sql`${table.state} in ('receiving', 'assembling', 'assembled', 'registered', 'handed_over', 'refused')`,
    ),
    check("uploads_total_chunks", sql`${table.totalChunks} between 1 and 100000`),
    check(
      "uploads_source_size",
      sql`(${table.state} in ('receiving', 'assembling')) = (${table.sourceSizeBytes} is null)`,
    ),
  ],
);

/** Received chunks of uploads whose source is not assembled yet. */
export const chunks = sqliteTable(
  "chunks",
  {
    uploadId: text("upload_id")
      .notNull()
      .references(() => uploads.id, { onDelete: "cascade" }),
    index: integer("index").notNull(),
    sizeBytes: integer("size_bytes").notNull(),
    receivedAt: real("received_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.uploadId, table.index] }), check("chunks_index", sql`${table.index} >= 0`)],
);

export type UploadRow = typeof uploads.$inferSelect;
export type UploadState = (typeof uploadStates)[number];
