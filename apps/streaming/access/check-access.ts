/**
 * May this be played? Asked before anything of a video is looked for, and answered alike whatever is there: a refusal
 * tells nothing of the files below it.
 */
import { verifyPlaybackToken } from "@video-backend/access";
import { messageOf, ServiceError } from "@video-backend/service";
import { isVideoId } from "@video-backend/storage/layout";
import type { AccessDeps } from "../deps.ts";

export interface Asked {
  /** As it stands in the path, unchecked. */
  videoId: string;
  /** Undefined on a path that carries none; on one that does, whatever stands there. */
  token: string | undefined;
}

/** What is allowed: `public` to anybody, `private` to the holder of this token alone. */
export type Access = "public" | "private";

/**
 * A wrong token is refused for a public video, too, and for one that is not there. What is no id is let through without a
 * token, for the routes to refuse.
 *
 * @throws ServiceError `forbidden`; `unavailable` when it cannot be told whether the video is private
 */
export async function checkAccess(deps: AccessDeps, { videoId, token }: Asked): Promise<Access> {
  const isId = isVideoId(videoId);
  if (token === undefined) {
    if (!isId) return "public";
    if (await isPrivate(deps, videoId)) throw forbidden();
    return "public";
  }
  if (!isId || !verifyPlaybackToken(deps.playbackKeys, token, { videoId, now: deps.now() })) throw forbidden();
  return (await isPrivate(deps, videoId)) ? "private" : "public";
}

const forbidden = () => new ServiceError("forbidden", "No valid playback token for this video");

async function isPrivate({ privateVideos }: AccessDeps, videoId: string): Promise<boolean> {
  try {
    return await privateVideos.isPrivate(videoId);
  } catch (error) {
    const sentence = `Storage unavailable, so it cannot be told whether the video is private: ${messageOf(error)}`;
    throw new ServiceError("unavailable", sentence, { cause: error });
  }
}
