/**
 * `uploads.db`: the uploads, their chunks and upload tokens; the `store.ts` of each says what the columns mean. A chunk is
 * acknowledged by its row, which is written after its bytes are on the disk.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { uploadStates, visibilities } from "../uploads/store.ts";

export const uploads = sqliteTable(
  "uploads",
  {
    id: text("id").primaryKey(),
    filename: text("filename").notNull(),
    storedName: text("stored_name"),
    title: text("title"),
    totalChunks: integer("total_chunks").notNull(),
    fileSizeBytes: integer("file_size_bytes"),
    chunkSizeBytes: integer("chunk_size_bytes"),
    receivedBytes: integer("received_bytes").notNull().default(0),
    appendedBytes: integer("appended_bytes"),
    sourceUrl: text("source_url"),
    sourceValidator: text("source_validator"),
    fetchGivenUp: integer("fetch_given_up", { mode: "boolean" }).notNull().default(false),
    uploadMetadata: text("upload_metadata"),
    client: text("client"),
    visibility: text("visibility", { enum: visibilities }),
    maxBytes: integer("max_bytes"),
    state: text("state", { enum: uploadStates }).notNull().default("receiving"),
    sourceSizeBytes: integer("source_size_bytes"),
    expectedSha256: text("expected_sha256"),
    sha256: text("sha256"),
    sha256Told: integer("sha256_told", { mode: "boolean" }).notNull().default(false),
    failedTries: integer("failed_tries").notNull().default(0),
    nextTryAt: real("next_try_at").notNull().default(0),
    error: text("error"),
    createdAt: real("created_at").notNull(),
    updatedAt: real("updated_at").notNull(),
  },
  (table) => [
    index("uploads_by_next_try").on(table.state, table.nextTryAt),
    index("uploads_by_sha256").on(table.sha256),
    check(
      "uploads_state",
      sql`${table.state} in ('receiving', 'completing', 'stored', 'registered', 'handed_over', 'refused')`,
    ),
    check("uploads_total_chunks", sql`${table.totalChunks} between 1 and 100000`),
    check(
      "uploads_source_size",
      sql`(${table.state} in ('receiving', 'completing')) = (${table.sourceSizeBytes} is null)`,
    ),
  ],
);

/** Acknowledged chunks of uploads whose source is not stored yet. */
export const chunks = sqliteTable(
  "chunks",
  {
    uploadId: text("upload_id")
      .notNull()
      .references(() => uploads.id, { onDelete: "cascade" }),
    index: integer("index").notNull(),
    offsetBytes: integer("offset_bytes"),
    spool: text("spool"),
    sizeBytes: integer("size_bytes").notNull(),
    receivedAt: real("received_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.uploadId, table.index] }),
    // Every chunk that arrives reads the last chunk in the source.
    index("chunks_in_source").on(table.uploadId, table.index).where(sql`${table.offsetBytes} is not null`),
    check("chunks_index", sql`${table.index} >= 0`),
    check("chunks_one_place", sql`(${table.offsetBytes} is null) = (${table.spool} is not null)`),
  ],
);

/** Uploads that expired, until metadata has acknowledged it, which tells webhooks. Written in the transaction that deletes one. */
export const expiredUploads = sqliteTable("expired_uploads", {
  id: text("id").primaryKey(),
  filename: text("filename").notNull(),
  title: text("title"),
  receivedBytes: integer("received_bytes").notNull(),
  createdAt: real("created_at").notNull(),
  expiredAt: real("expired_at").notNull(),
});

/** Those that have expired are deleted. */
export const uploadTokens = sqliteTable("upload_tokens", {
  id: text("id").primaryKey(),
  sha256: text("sha256").notNull(),
  title: text("title"),
  visibility: text("visibility", { enum: visibilities }),
  maxBytes: integer("max_bytes"),
  expiresAt: real("expires_at").notNull(),
  uploadId: text("upload_id"),
});
