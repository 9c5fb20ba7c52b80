/**
 * How long what we serve may be kept, RFC 9111 section 5.2.2. What never changes under its name is kept for a year without a
 * question; what may change is kept for as long as it is likely to stay, and then asked for by its ETag.
 */
import { isMediaFile, isOriginalKey } from "@video-backend/storage/layout";

/**
 * `lasting`: never another content under this name. `finished`: the video is finished, and only captions or a new picture
 * may change it. `making`: an encoder is at work, or may be again.
 */
export type Freshness = "lasting" | "finished" | "making";

const cacheControl: Record<Freshness, string> = {
  lasting: "public, max-age=31536000, immutable",
  finished: "public, max-age=3600, must-revalidate",
  making: "public, max-age=1, must-revalidate",
};

export const cacheControlOf = (freshness: Freshness): string => cacheControl[freshness];

/** Segments and init segments are in place only when they are verified, and originals when they are whole. */
export const isLasting = (key: string): boolean => isOriginalKey(key) || isMediaFile(key);
