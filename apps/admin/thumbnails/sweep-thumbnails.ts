/**
 * Admin owns thumbnails, so it is admin that removes those of deleted videos: at once when metadata's feed tells of a
 * deletion, and for what was missed by a comparison of all, at every connection of the feed and every so often.
 */
import { lookUpVideo } from "@video-backend/metadata/client";
import { createReconciler, type FollowOptions, followEvents, repeat, VideoId } from "@video-backend/service";
import { folders, videoIdPattern } from "@video-backend/storage/layout";
import { z } from "zod";
import type { AdminDeps } from "../deps.ts";
import { filesOf } from "../videos/files-of.ts";
import { removeThumbnail } from "./remove-thumbnail.ts";

type Deps = Pick<AdminDeps, "store" | "services" | "log">;

const everySeconds = 3600;

const Told = z.object({ hash: VideoId });

/** Resolves when the signal has aborted and nothing is being removed any more. */
export async function keepThumbnailsSwept(
  deps: Deps,
  eventsUrl: string,
  signal: AbortSignal,
  fetch?: FollowOptions["fetch"],
): Promise<void> {
  const { log } = deps;
  const reconciler = createReconciler<`video:${string}` | "all">({
    log,
    reconcile: (key, ended) =>
      key === "all" ? sweepThumbnails(deps, ended) : removeIfGone(deps, key.slice("video:".length), ended),
  });
  const requestAll = () => reconciler.request("all");
  await Promise.all([
    repeat(async () => requestAll(), { everySeconds, firstAfterSeconds: everySeconds, log, signal }),
    followEvents({
      url: eventsUrl,
      signal,
      fetch,
      log,
      onConnect: requestAll,
      onEvent({ event, data }) {
        if (event === "reset") requestAll();
        if (event === "video.deleted") reconciler.request(`video:${Told.parse(JSON.parse(data)).hash}`);
      },
    }),
  ]);
  await reconciler.close();
}

/** @throws ServiceError `unavailable` without metadata */
export async function sweepThumbnails(deps: Deps, signal: AbortSignal): Promise<void> {
  for (const videoId of await deps.store.list(folders.thumbnails)) {
    signal.throwIfAborted();
    if (videoIdPattern.test(videoId)) await removeIfGone(deps, videoId, signal);
  }
}

/**
 * Removes the thumbnails of a video that was deleted, or that nobody knows and of which nothing else is left. One that is
 * unknown and has files may come back with a restored database.
 */
async function removeIfGone(deps: Deps, videoId: string, signal: AbortSignal): Promise<void> {
  const { kind } = await lookUpVideo(deps.services.metadata.client, videoId, signal);
  if (kind === "known") return;
  const { originals, hls } = await filesOf(deps.store, videoId);
  if (kind === "unknown" && (originals || hls)) return;
  await removeThumbnail(deps, videoId);
  deps.log.info({ videoId, kind }, "the thumbnails of a video that is gone were removed");
}
