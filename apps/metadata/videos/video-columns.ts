/** What is read of a video: its columns, and what follows from other rows. */
import { getTableColumns, sql } from "drizzle-orm";
import { type VideoRow, videos } from "../database/schema.ts";

/** A row with what follows from others. */
export interface ReadVideo extends VideoRow {
  /** Hash of the first video with the same bytes, where that is another one; null for the first itself. */
  duplicateOf: string | null;
}

/** Written out, since drizzle leaves the table's name off in a select from one table, and both here are `videos`. */
const duplicateOf = sql<string | null>`(
  select earlier.hash from videos as earlier
  where earlier.sha256 = videos.sha256 and (earlier.created_at, earlier.id) < (videos.created_at, videos.id)
  order by earlier.created_at, earlier.id limit 1)`;

/** For `select(…).from(videos)`; makes `ReadVideo`s. */
export const videoColumns = { ...getTableColumns(videos), duplicateOf };
