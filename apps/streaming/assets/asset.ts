/** A stored file on its way out: where its bytes are, and all that its headers say. */
import type { StoredBlob } from "@video-backend/storage";
import type { Coding } from "./content-coding.ts";
import { type Freshness, isLasting } from "./freshness.ts";
import { mediaTypeOf } from "./media-types.ts";

export interface Asset extends StoredBlob {
  key: string;
  mediaType: string;
  /** HTTP-date. */
  lastModified: string;
  /** Goes from `making` to `finished` and never back: a video that is begun anew has other playlists. */
  freshness: Freshness;
  /** The same content coded; null for a file that is only sent as it is. */
  coded: ((coding: Coding) => Blob) | null;
}

/** @param blob the content: the file itself, or what was read of it */
export function describeAsset(key: string, stored: StoredBlob, blob: Blob = stored.blob): Asset {
  const { sizeBytes, version, modifiedAt } = stored;
  return {
    key,
    blob,
    sizeBytes,
    version,
    modifiedAt,
    mediaType: mediaTypeOf(key),
    lastModified: modifiedAt.toUTCString(),
    freshness: isLasting(key) ? "lasting" : "making",
    coded: null,
  };
}
