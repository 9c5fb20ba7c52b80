/** A stored file on its way out: where its bytes are, and all that its headers say. */
import type { StoredBlob } from "@video-backend/storage";
import { isOriginalKey } from "@video-backend/storage/layout";
import type { Coding } from "./content-coding.ts";
import { type Freshness, isLasting } from "./freshness.ts";
import { mediaTypeOf } from "./media-types.ts";

/** From where the bytes of a file are sent; `demanded`: a player waited until it was made. */
export const sources = ["memory", "disk", "demanded"] as const;

export interface Asset extends StoredBlob {
  key: string;
  source: (typeof sources)[number];
  /** Or an init segment. */
  isSegment: boolean;
  mediaType: string;
  /** HTTP-date. */
  lastModified: string;
  /** Goes from `making` to `finished` and never back: a video that is begun anew has other playlists. */
  freshness: Freshness;
  /** The same content coded; null for a file that is only sent as it is. */
  coded: ((coding: Coding) => Blob) | null;
}

/** @param content what was read of the file; without it the file itself is sent */
export function describeAsset(key: string, stored: StoredBlob, content?: Blob): Asset {
  const { sizeBytes, version, modifiedAt } = stored;
  const freshness = isLasting(key) ? "lasting" : "making";
  return {
    key,
    source: content ? "memory" : "disk",
    isSegment: freshness === "lasting" && !isOriginalKey(key),
    blob: content ?? stored.blob,
    sizeBytes,
    version,
    modifiedAt,
    mediaType: mediaTypeOf(key),
    lastModified: modifiedAt.toUTCString(),
    freshness,
    coded: null,
  };
}
