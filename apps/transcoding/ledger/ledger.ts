/** The ledger: which segments exist. Nothing else says that work is done. */
import type { Has } from "@video-backend/media";
import type { SegmentRow } from "../database/schema.ts";

export type NewSegment = Omit<SegmentRow, "madeAt">;

/** What every adapter promises; `database/stores.suite.ts` holds each of them to it. */
export interface Ledger {
  /** All rows of a video, by rendition and index. */
  list(videoId: string): Promise<SegmentRow[]>;
  /** Which segments of a video there are, without what was measured of them. */
  made(videoId: string): Promise<Has>;
  /** One segment; null where it is not made. */
  find(videoId: string, rendition: string, index: number): Promise<SegmentRow | null>;
  /**
   * Enters finished segments, all or none. What is there already stays as it is. While another program holds the database it
   * waits, until the signal aborts: what is made must not be made again for that.
   */
  enter(segments: NewSegment[], signal?: AbortSignal): Promise<void>;
  /** Removes the rows of segments whose files are lost, so that they are made again; waits like `enter`. */
  forget(videoId: string, rendition: string, indexes: readonly number[]): Promise<void>;
}
