/** The store of videos. `videos.suite.ts` is its specification; an adapter per database implements it. */
import type { VideoQuery } from "../contract.ts";
import type { TranscodingStatus, Visibility } from "./state.ts";

/** A video as it is stored. Times are epoch seconds with a fraction. */
export interface VideoRecord {
  /** Row number, in order of creation. */
  id: number;
  hash: string;
  filename: string;
  title: string | null;
  description: string | null;
  thumbnailFilename: string | null;
  originalResolution: string | null;
  originalQualityLabel: string | null;
  /** Seconds. */
  duration: number | null;
  transcodingStatus: TranscodingStatus;
  /** Why the transcode failed, for people. */
  error: string | null;
  isStopped: boolean;
  visibility: Visibility;
  /** When its stream began to be playable; null until then. */
  playableAt: number | null;
  /** Of the source, in lower-case hex. */
  sha256: string | null;
  /** Hash of the first video with the same `sha256`, if that is another one; null for the first itself. */
  duplicateOf: string | null;
  createdAt: number;
  updatedAt: number;
}

export type NewVideoRecord = Pick<
  VideoRecord,
  "hash" | "filename" | "title" | "description" | "thumbnailFilename" | "visibility"
>;

/** The fields to change. Absent ones keep their value. */
export interface VideoFields
  extends Partial<
    Omit<VideoRecord, "id" | "hash" | "isStopped" | "playableAt" | "duplicateOf" | "createdAt" | "updatedAt">
  > {
  /** Its stream plays. The first time is kept; a completed video plays, too. */
  isPlayable?: true;
  /** Becomes the thumbnail of a video that has none at that moment. */
  defaultThumbnailFilename?: string;
}

/**
 * Every method is atomic, and one that changes a video adds the change to the feed in the same transaction, and to the outbox of
 * webhooks what they tell: that it was created or deleted, plays for the first time, became completed or failed.
 */
export interface Videos {
  /** Null if there is no such video. */
  find(hash: string): Promise<VideoRecord | null>;
  /** When a video was deleted; null if it was not, or has been created again. */
  deletedAt(hash: string): Promise<number | null>;
  /**
   * A page of videos, and how many match on all pages. Every word of `q` must occur in the title, the description or the file
   * name, in letters of either case.
   */
  list(query: VideoQuery): Promise<{ videos: VideoRecord[]; total: number }>;
  /** The hashes of all private videos, in no order. */
  listPrivate(): Promise<string[]>;
  /** Adds a video and forgets that it was deleted. Of a hash that exists, answers that video and changes nothing. */
  create(video: NewVideoRecord): Promise<Pick<VideoRecord, "id" | "hash">>;
  /**
   * Changes fields of a video.
   *
   * @param accepted only if its transcoding status is one of these; any without it
   * @returns whether it was changed, and the status that was found; null if there is no such video
   */
  update(
    hash: string,
    fields: VideoFields,
    accepted?: readonly TranscodingStatus[],
  ): Promise<{ isUpdated: boolean; found: TranscodingStatus } | null>;
  /**
   * Sets whether its transcoding is to be stopped. Setting what is set already changes nothing and adds nothing to the feed.
   *
   * @returns false if there is no such video
   */
  setStopped(hash: string, isStopped: boolean): Promise<boolean>;
  /** Removes a video with its captions and remembers the deletion. Answers the video; null if there is none. */
  delete(hash: string): Promise<VideoRecord | null>;
}
