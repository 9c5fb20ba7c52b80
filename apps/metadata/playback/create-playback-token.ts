/** Creates a playback token for a video. Whoever can reach this service can play every video. */
import { playPath, signPlaybackToken } from "@video-backend/access";
import { ServiceError } from "@video-backend/service";
import { manifestFile, masterFile, posterFile, storyboardFile } from "@video-backend/storage/layout";
import type { MetadataDeps } from "../deps.ts";
import { findVideo } from "../videos/find-video.ts";
import type { PlaybackToken } from "./contract.ts";
import { expiryAfter } from "./expiry.ts";

const defaultSeconds = 6 * 3600;

/**
 * @param seconds the minimum validity
 * @throws ServiceError `not_found`; `invalid_request` above the maximum
 */
export async function createPlaybackToken(
  deps: Pick<MetadataDeps, "videos" | "playback" | "now">,
  hash: string,
  seconds: number | undefined,
): Promise<PlaybackToken> {
  const { keys, maxSeconds, windowSeconds } = deps.playback;
  if (seconds !== undefined && seconds > maxSeconds) {
    const details = { most_seconds: maxSeconds };
    throw new ServiceError("invalid_request", `expires_in_seconds: at most ${maxSeconds}`, { details });
  }
  await findVideo(deps, hash);
  const expiresAt = expiryAfter(deps.now(), seconds ?? Math.min(defaultSeconds, maxSeconds), windowSeconds);
  const token = signPlaybackToken(keys, hash, expiresAt);
  const path = (file: string) => playPath(token, hash, file);
  return {
    token,
    expires_at: expiresAt,
    paths: {
      master: path(masterFile),
      manifest: path(manifestFile),
      original: path("original"),
      qualities: path("qualities"),
      poster: path(posterFile),
      storyboard: path(storyboardFile),
    },
  };
}
