/**
 * Which file the address of a request means, for addresses that need no decoding. It is as strict as the contract's routes
 * are: what is not plain is left to them, and so are their refusals.
 */
import { isAssetPath, isRenditionName, isVideoId } from "@video-backend/storage/layout";

/** A file of a video, all parts checked by pattern. */
export interface Place {
  videoId: string;
  /** Below `hls/{videoId}/`. */
  path: string;
}

/** These are routes of their own, not files. */
const reserved = new Set(["original", "qualities"]);

/** @param url as a Request has it; what follows a `?` is not part of the path */
export function placeOf(url: string): Place | null {
  const path = /^[a-z]+:\/\/[^/?#]*\/stream\/([^/?#]+)\/([^?#]+)/.exec(url);
  const [, videoId = "", asset = ""] = path ?? [];
  if (!isVideoId(videoId) || reserved.has(asset) || !isAssetPath(asset)) return null;
  const names = asset.split("/");
  // Of two names the first is a rendition's.
  return names.length === 2 && !isRenditionName(names[0] ?? "") ? null : { videoId, path: asset };
}
