/** An upload as the page shows it, and as it is remembered from one visit to the next. */
import type { Signal } from "@preact/signals";

/**
 * - `waiting`: others go first
 * - `sending`: chunks are on their way
 * - `retrying`: the line or the server is away; it goes on by itself
 * - `paused`: the reader stopped it
 * - `interrupted`: of an earlier visit; the reader must give the file again, or allow it to be read
 * - `finishing`: every chunk is there, the server puts an end to it
 * - `done`: the video is there and can be watched
 * - `refused`: the server does not take it; `sentence` has its words
 */
export type UploadPhase =
  | "waiting"
  | "sending"
  | "retrying"
  | "paused"
  | "interrupted"
  | "finishing"
  | "done"
  | "refused";

export interface Upload {
  key: number;
  name: string;
  sizeBytes: number;
  phase: Signal<UploadPhase>;
  sentBytes: Signal<number>;
  /** Null while nothing is known. */
  bytesPerSecond: Signal<number | null>;
  /** What the reader should know beyond the phase. */
  sentence: Signal<string | null>;
  /** The server's id of it, and of the video that it becomes; null before it was begun. */
  videoId: Signal<string | null>;
}

/** What is kept in the browser until an upload is complete. */
export interface RememberedUpload {
  videoId: string;
  name: string;
  sizeBytes: number;
  /** Of the file, epoch milliseconds: with name and size it tells the same file from another. */
  lastModified: number;
  chunkBytes: number;
  /** Reads the file again without asking for it, where the browser has such. */
  handle: FileSystemFileHandle | null;
}

/** A file, and its handle where the browser gives one. */
export interface ChosenFile {
  file: File;
  handle: FileSystemFileHandle | null;
}

/** What the server knows of an upload that is under way, as its contract has it. */
export interface UploadState {
  upload_id: string;
  state: string;
  missing: number[];
}
