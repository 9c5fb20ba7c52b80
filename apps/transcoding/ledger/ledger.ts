/**
 * What was made, and what was tried. The ledger says which segments exist; nothing else says that work is done. The attempts
 * are every ffmpeg that was run for a video, so that a job explains itself: arguments, encoder, time, end, last words.
 */
import type { Chunk, Has } from "@video-backend/media";
import type { AttemptRow, SegmentRow } from "../database/schema.ts";
import type { FaultClass } from "../states.ts";
import type { VideoSegments } from "./video-segments.ts";

export type NewSegment = Omit<SegmentRow, "madeAt">;

/** What every adapter promises; `database/stores.suite.ts` holds each of them to it. */
export interface Ledger {
  /**
   * The segments of a video, which go on to be in step with the ledger until a row is taken out. Where it was asked before, the
   * cost is that of what has changed.
   */
  segments(videoId: string): Promise<VideoSegments>;
  /** All rows of a video, by rendition and index. */
  list(videoId: string): Promise<SegmentRow[]>;
  /** Which segments of a video there are, without what was measured of them. */
  made(videoId: string): Promise<Has>;
  /** One segment; null where it is not made. */
  find(videoId: string, rendition: string, index: number): Promise<SegmentRow | null>;
  /**
   * Enters a finished segment whose file `put` brings to its place. Of those who do so with the same segment at the same time,
   * or later, one puts its file and has its row; the others resolve with false when that is done, and their file is left where
   * it is. The row is there for others when `put` has resolved; when that throws, nobody has entered. It waits like `enter`.
   */
  place(segment: NewSegment, put: () => Promise<void>, signal?: AbortSignal): Promise<boolean>;
  /**
   * Enters segments that have no file, all or none. What is there already stays as it is. While another program holds the database it
   * waits, until the signal aborts: what is made must not be made again for that.
   */
  enter(segments: NewSegment[], signal?: AbortSignal): Promise<void>;
  /** Removes the rows of segments whose files are lost, so that they are made again; waits like `enter`. */
  forget(videoId: string, rendition: string, indexes: readonly number[]): Promise<void>;
}

export interface NewAttempt {
  videoId: string;
  chunk: Chunk;
  /** Whether somebody waited for it. */
  demanded: boolean;
  encoder: string;
  command: string[];
  startedAt: number;
  seconds: number;
  /** Null when a signal ended it. */
  exitCode: number | null;
  errors: string;
  fault: FaultClass | null;
}

/** What every adapter promises; `database/stores.suite.ts` holds each of them to it. */
export interface Attempts {
  /** Waits while another program holds the database, until the signal aborts; then it is not written. */
  record(attempt: NewAttempt, signal: AbortSignal): Promise<void>;
  /** Newest first. */
  list(videoId: string, limit: number): Promise<AttemptRow[]>;
  /** The chunks on which one failed for another reason than that somebody stopped it. */
  failed(videoId: string): Promise<Pick<Chunk, "renditions" | "first" | "count">[]>;
  /** Names of the encoders that failed on this video, so that it changes encoder once and not at each segment. */
  failedEncoders(videoId: string): Promise<Set<string>>;
  /** Failed attempts of all videos, newest first. */
  recentFaults(limit: number): Promise<(AttemptRow & { filename: string })[]>;
  /** What ffmpeg complained of in a chunk that went well all the same; null where it never did. */
  complaint(videoId: string): Promise<string | null>;
}
