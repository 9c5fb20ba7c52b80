/**
 * `uploads.db`: the uploads and their chunks. A chunk is here when its row is; the row is written after its bytes are on the
 * disk, in the source or in a file of their own. Times are epoch seconds with a fraction.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** What each means, and who moves an upload between them: `uploads/state.ts`. */
export const uploadStates = ["receiving", "completing", "stored", "registered", "handed_over", "refused"] as const;

/** More chunks than any client in the field sends; with 5 MiB each it is 500 GB. */
export const maxTotalChunks = 100_000;

export const uploads = sqliteTable(
  "uploads",
  {
    id: text("id").primaryKey(),
    /** As people named it. */
    filename: text("filename").notNull(),
    /** The last part of its path below originals; null where that is `filename`. */
    storedName: text("stored_name"),
    title: text("title"),
    totalChunks: integer("total_chunks").notNull(),
    /** As the client declared it; checked against the chunks at complete. */
    fileSizeBytes: integer("file_size_bytes"),
    /** Of each chunk but the last, as the client declared it: what tells where a chunk belongs. */
    chunkSizeBytes: integer("chunk_size_bytes"),
    /** Sum of the chunks that are here; 0 where it comes as one stream. */
    receivedBytes: integer("received_bytes").notNull().default(0),
    /** Where a source that comes as one stream (tus, from an address) is filled to; null when it comes in chunks. */
    appendedBytes: integer("appended_bytes"),
    /** The address that a source is fetched from, for people and for going on with it. */
    sourceUrl: text("source_url"),
    /** The ETag or Last-Modified that the bytes so far came with; null where going on would be a guess. */
    sourceValidator: text("source_validator"),
    /** True once nobody will fetch it again; `error` says why. */
    fetchGivenUp: integer("fetch_given_up", { mode: "boolean" }).notNull().default(false),
    /** What a tus client said of its file, as it said it. */
    uploadMetadata: text("upload_metadata"),
    /** Who began it, as admission counts: the address of the client. */
    client: text("client"),
    state: text("state", { enum: uploadStates }).notNull().default("receiving"),
    /** Of the whole source; null before. */
    sourceSizeBytes: integer("source_size_bytes"),
    /** What the client said the whole source hashes to; kept until that is checked, so that a restart checks it, too. */
    expectedSha256: text("expected_sha256"),
    /** SHA-256 of the whole source in lower-case hex; null until it was read. */
    sha256: text("sha256"),
    /** True once metadata knows that hash. */
    sha256Told: integer("sha256_told", { mode: "boolean" }).notNull().default(false),
    /** Tries in a row that failed: at handing over with a service away, or at fetching without getting any further. */
    failedTries: integer("failed_tries").notNull().default(0),
    /** Not handed over, or fetched, by the background loop before this. */
    nextTryAt: real("next_try_at").notNull().default(0),
    /** Why the last try failed, for people. */
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

/** Received chunks of uploads whose source is not stored yet. */
export const chunks = sqliteTable(
  "chunks",
  {
    uploadId: text("upload_id")
      .notNull()
      .references(() => uploads.id, { onDelete: "cascade" }),
    index: integer("index").notNull(),
    /** Where it begins in the source; null while its bytes are in a file of their own. */
    offsetBytes: integer("offset_bytes"),
    /** That file, in the folder of the upload; null once they are in the source. */
    spool: text("spool"),
    sizeBytes: integer("size_bytes").notNull(),
    receivedAt: real("received_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.uploadId, table.index] }),
    // The last chunk in the source is asked for with each chunk that comes.
    index("chunks_in_source").on(table.uploadId, table.index).where(sql`${table.offsetBytes} is not null`),
    index("chunks_in_spools").on(table.uploadId, table.index).where(sql`${table.spool} is not null`),
    check("chunks_index", sql`${table.index} >= 0`),
    check("chunks_one_place", sql`(${table.offsetBytes} is null) = (${table.spool} is not null)`),
  ],
);

export type ChunkRow = typeof chunks.$inferSelect;
export type UploadRow = typeof uploads.$inferSelect;
export type UploadState = (typeof uploadStates)[number];
