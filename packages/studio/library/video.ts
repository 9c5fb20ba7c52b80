/** A video as the library has it: the part of admin's contract that these pages read. */

import { here } from "../shell/settings.ts";
export type VideoStatus = "pending" | "transcoding" | "completed" | "failed" | "stopped";

export interface Video {
  hash: string;
  filename: string;
  title: string | null;
  description: string | null;
  thumbnail_filename: string | null;
  original_resolution: string | null;
  original_quality_label: string | null;
  /** Seconds. */
  duration: number | null;
  status: VideoStatus;
  error: string | null;
  visibility: "public" | "private";
  duplicate_of: string | null;
  /** Epoch seconds. */
  created_at: number;
  updated_at: number;
  /** Of the original; absent in the feed, which does not know it. */
  size_bytes?: number | null | undefined;
}

/** What people call it. */
export const titleOf = ({ title, filename }: Pick<Video, "title" | "filename">): string => title || filename;

/** Whether encoders work on it, or will. */
export const isInTheMaking = ({ status }: Pick<Video, "status">): boolean =>
  status === "pending" || status === "transcoding";

/** Its picture; another address whenever it may be another picture. */
export const posterOf = ({ hash, updated_at }: Pick<Video, "hash" | "updated_at">): string =>
  here(`/thumbnail/${hash}?v=${updated_at}`);
