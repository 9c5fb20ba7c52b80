/**
 * Which file the address of a request means, for addresses that need no decoding. It is as strict as the contract's routes
 * are: what is not plain is left to them, and so are their refusals.
 */
import { isAssetPath, isRenditionName, isVideoId, streamKey } from "@video-backend/storage/layout";
import { LRUCache } from "lru-cache";

/** A file of a video, all parts checked by pattern. */
export interface Place {
  videoId: string;
  /** Below `hls/{videoId}/`. */
  path: string;
  /** Of the file in the store. */
  key: string;
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
  return names.length === 2 && !isRenditionName(names[0] ?? "")
    ? null
    : { videoId, path: asset, key: streamKey(videoId, asset) };
}

/** Those of the videos that are watched at a time. */
const mostRemembered = 4096;
/** Characters; what is longer has a query that nobody asks for twice. */
const longestRemembered = 256;

/** `placeOf` with a memory: many ask for the same, and to check a path three times costs a fifth of an answer. */
export function createPlaces(): typeof placeOf {
  const known = new LRUCache<string, Place>({ max: mostRemembered });
  return (url) => {
    const remembered = known.get(url);
    if (remembered) return remembered;
    const place = placeOf(url);
    if (place && url.length <= longestRemembered) known.set(url, place);
    return place;
  };
}
