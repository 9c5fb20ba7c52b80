/** Every ffmpeg that was run for a video, so that a job explains itself: arguments, encoder, time, end, last words. */
import type { Chunk } from "@video-backend/media";
import type { AttemptRow } from "../database/schema.ts";
import type { FaultClass } from "../states.ts";

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
