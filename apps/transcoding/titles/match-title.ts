/**
 * Brings the title that a video's playlists tell in line with metadata's: while a job runs and long after it is done. It is
 * kept beside the plan, so that playlists can be written while metadata is away.
 */
import { isServiceError, messageOf } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { EngineDeps } from "../engine/engine.ts";
import { type PublishDeps, republish } from "../engine/publish-playlists.ts";

type Deps = PublishDeps & Pick<EngineDeps, "matching" | "metadata">;

/** The title of a job that begins. Resolves in any case: while metadata is away, all titles are compared when it is back. */
export async function prepareTitle(
  deps: Deps & Pick<EngineDeps, "log">,
  videoId: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await matchTitle(deps, videoId, signal);
  } catch (error) {
    if (signal.aborted) return;
    deps.log.warn({ videoId, reason: messageOf(error) }, "metadata does not say what the video is called");
  }
}

/**
 * Does nothing for a video that has no job.
 *
 * @throws ServiceError `unavailable` while metadata is away
 */
export function matchTitle(deps: Deps, videoId: string, signal?: AbortSignal): Promise<void> {
  // Each asks metadata anew when it is its turn: a title of before must not undo a later one.
  return deps.matching.take(videoId, async () => {
    if (!deps.jobs.find(videoId)) return;
    const title = await titleOf(deps, videoId, signal);
    if (title !== undefined && deps.jobs.keepTitle(videoId, title)) await republish(deps, videoId);
  });
}

/** Undefined where metadata does not know the video. */
async function titleOf(
  { metadata }: Deps,
  hash: string,
  signal: AbortSignal | undefined,
): Promise<string | null | undefined> {
  try {
    const options = signal ? { init: { signal } } : {};
    return (await parseResponse(metadata.videos[":hash"].$get({ param: { hash } }, options))).title;
  } catch (error) {
    if (isServiceError(error, "not_found")) return undefined;
    throw error;
  }
}
