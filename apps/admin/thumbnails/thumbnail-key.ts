/**
 * Where thumbnails are. They belong to nobody else: `hls/` is transcoding's and is removed with it, `originals/` is
 * upload's. Which one counts is the video's own `thumbnail_filename`, so a half-done change is never seen.
 */
import { type ImageKind, imageTypes } from "./image-kind.ts";

/** The folder of all thumbnails; a folder a video in it. */
export const thumbnailsFolder = "thumbnails";

/** The folder of a video's thumbnails. */
export const thumbnailFolder = (videoId: string): string => `${thumbnailsFolder}/${videoId}`;

/** What transcoding made of the video by itself; it lies, and goes, with the streams. */
export const posterKey = (videoId: string): string => `hls/${videoId}/poster.jpg`;

/** A stored thumbnail has one of three names, whatever it was called before. */
export const thumbnailName = (kind: ImageKind): string => `thumbnail.${kind}`;

/** The kind that belongs to a name of ours; null for a name that somebody else registered. */
export function kindOfName(name: string): ImageKind | null {
  const kinds = Object.keys(imageTypes) as ImageKind[];
  return kinds.find((kind) => thumbnailName(kind) === name) ?? null;
}
