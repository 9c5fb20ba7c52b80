/** Gives out a playback token for a video that there is. Whoever may ask this service may play everything. */
import { playPath, signPlaybackToken } from "@video-backend/access";
import { ServiceError } from "@video-backend/service";
import type { MetadataDeps } from "../deps.ts";
import { findVideo } from "../videos/find-video.ts";
import type { PlaybackToken } from "./contract.ts";
import { expiryAfter } from "./expiry.ts";

const defaultSeconds = 6 * 3600;

/**
 * @param seconds how long it is good for, at least
 * @throws ServiceError `not_found`; `invalid_request` for longer than is allowed
 */
export function createPlaybackToken(
  { database, playback, now }: MetadataDeps,
  hash: string,
  seconds: number | undefined,
): PlaybackToken {
  const { keys, mostSeconds, windowSeconds } = playback;
  if (seconds !== undefined && seconds > mostSeconds) {
    const details = { most_seconds: mostSeconds };
    throw new ServiceError("invalid_request", `expires_in_seconds: at most ${mostSeconds}`, { details });
  }
  findVideo(database, hash);
  const expiresAt = expiryAfter(now(), seconds ?? Math.min(defaultSeconds, mostSeconds), windowSeconds);
  const token = signPlaybackToken(keys, hash, expiresAt);
  const path = (file: string) => playPath(token, hash, file);
  return {
    token,
    expires_at: expiresAt,
    paths: {
      master: path("master.m3u8"),
      manifest: path("manifest.mpd"),
      original: path("original"),
      qualities: path("qualities"),
      poster: path("poster.jpg"),
      storyboard: path("storyboard/storyboard.vtt"),
    },
  };
}
