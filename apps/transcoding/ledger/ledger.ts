/** The ledger: which segments exist. Nothing else says that work is done. */
import { retryWhileBusy } from "@video-backend/database";
import { and, eq } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { type SegmentRow, segments } from "../database/schema.ts";

export type NewSegment = Omit<SegmentRow, "madeAt">;

export interface Ledger {
  /** All rows of a video, by rendition and index. */
  list(videoId: string): SegmentRow[];
  has(videoId: string, rendition: string, index: number): boolean;
  /**
   * Enters finished segments, all or none. What is there already stays as it is. While another program holds the database it
   * waits, until the signal aborts: what is made must not be made again for that.
   */
  enter(segments: NewSegment[], signal?: AbortSignal): Promise<void>;
  /** Takes segments out whose files are gone, so that they are made again; waits like `enter`. */
  forget(videoId: string, rendition: string, indexes: readonly number[]): Promise<void>;
}

/** @param now epoch seconds */
export function createLedger(database: TranscodingDatabase, now: () => number): Ledger {
  return {
    list: (videoId) =>
      database
        .select()
        .from(segments)
        .where(eq(segments.videoId, videoId))
        .orderBy(segments.rendition, segments.index)
        .all(),
    has(videoId, rendition, index) {
      const one = and(eq(segments.videoId, videoId), eq(segments.rendition, rendition), eq(segments.index, index));
      return database.select({ index: segments.index }).from(segments).where(one).get() !== undefined;
    },
    forget(videoId, rendition, indexes) {
      const forgetAll = () =>
        database.transaction((transaction) => {
          for (const index of indexes) {
            const one = and(
              eq(segments.videoId, videoId),
              eq(segments.rendition, rendition),
              eq(segments.index, index),
            );
            transaction.delete(segments).where(one).run();
          }
        });
      return retryWhileBusy(database, forgetAll);
    },
    enter(entered, signal) {
      const madeAt = now();
      const enterAll = () =>
        database.transaction((transaction) => {
          for (const segment of entered) {
            transaction
              .insert(segments)
              .values({ ...segment, madeAt })
              .onConflictDoNothing()
              .run();
          }
        });
      return retryWhileBusy(database, enterAll, { ...(signal && { signal }) });
    },
  };
}
