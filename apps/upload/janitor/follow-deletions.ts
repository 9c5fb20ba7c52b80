/**
 * Upload owns originals, so it is upload that removes those of deleted videos: at once when metadata's feed tells of a
 * deletion, and for what was missed by the janitor's round, which compares everything, at every connection of the feed.
 */
import { lookUpVideo } from "@video-backend/metadata/client";
import { createReconciler, followEvents, VideoId } from "@video-backend/service";
import { z } from "zod";
import type { UploadDeps } from "../deps.ts";
import { deleteUpload } from "../uploads/delete-upload.ts";
import { goRound } from "./clean-storage.ts";

const Told = z.object({ hash: VideoId });

/** Resolves when the signal has aborted and nothing is being removed any more. */
export async function followDeletions(deps: UploadDeps, eventsUrl: string, signal: AbortSignal): Promise<void> {
  const { log } = deps;
  const reconciler = createReconciler<`video:${string}` | "all">({
    log,
    reconcile: (key, ended) =>
      key === "all" ? goRound(deps, ended) : removeIfDeleted(deps, key.slice("video:".length), ended),
  });
  await followEvents({
    url: eventsUrl,
    signal,
    log,
    onConnect: () => reconciler.request("all"),
    onEvent({ event, data }) {
      if (event === "reset") return reconciler.request("all");
      if (event === "video.deleted") reconciler.request(`video:${Told.parse(JSON.parse(data)).hash}`);
    },
  });
  await reconciler.close();
}

/** Removes an upload and its original when metadata says that the video was deleted, and is not there again. */
async function removeIfDeleted(deps: UploadDeps, videoId: string, signal: AbortSignal): Promise<void> {
  const { kind } = await lookUpVideo(deps.metadata, videoId, signal);
  if (kind !== "deleted") return;
  await deleteUpload(deps, videoId);
  deps.log.info({ uploadId: videoId }, "the upload of a deleted video was removed");
}
