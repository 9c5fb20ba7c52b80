/**
 * Looks for what lies in this service's part of the storage and belongs to no job: folders of streams, and copies of
 * sources of jobs that are not being made. It changes nothing; whoever acts on a finding looks again.
 */
import { lookUpVideo } from "@video-backend/metadata/client";
import { isServiceError } from "@video-backend/service";
import {
  earlierPlaylistFile,
  finishedKey,
  folders,
  isVideoId,
  originalsKey,
  streamKey,
} from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import { isActive } from "../states.ts";
import type { Finding, JanitorReport } from "./contract.ts";

export type InspectDeps = Pick<TranscodingDeps, "jobs" | "store" | "workspace" | "metadata" | "now">;

type Found = Omit<Finding, "done" | "error">;

/** @param signal ends it; what is thrown then is the signal's reason */
export async function inspectStorage(deps: InspectDeps, signal: AbortSignal): Promise<JanitorReport> {
  const findings: Found[] = [];
  for (const videoId of await deps.workspace.list()) {
    if (await isNeedlessWorkspace(deps, videoId)) {
      const why = "Nothing is being made of this video, so no copy of its source is needed";
      findings.push({ kind: "needless_workspace", upload_id: videoId, action: "remove", why });
    }
  }
  let isMetadataAvailable = true;
  for (const videoId of await deps.store.list(folders.streams)) {
    signal.throwIfAborted();
    if (!isVideoId(videoId)) continue;
    if (await areEarlierStreamsDue(deps, videoId)) {
      const why = "The video's own streams are complete, and nobody watches the earlier ones any more";
      findings.push({ kind: "earlier_streams", upload_id: videoId, action: "remove", why });
    }
    if (await deps.jobs.find(videoId)) continue;
    try {
      findings.push({
        kind: "streams_without_job",
        upload_id: videoId,
        ...(await judgeStreams(deps, videoId, signal)),
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!isServiceError(error)) throw error;
      isMetadataAvailable = false;
      const why = `No job has these streams, and metadata does not say whether a video does: ${error.message}`;
      findings.push({ kind: "streams_without_job", upload_id: videoId, action: "keep", why });
    }
  }
  return {
    metadata_available: isMetadataAvailable,
    findings: findings.map((finding) => ({ ...finding, done: false, error: null })),
  };
}

/** Longer than a film: who began to watch the earlier streams watches them to the end. */
const earlierStreamsSeconds = 6 * 3600;

/** Whether streams that were imported from an older system may go. */
export async function areEarlierStreamsDue(
  { jobs, store, now }: Pick<InspectDeps, "jobs" | "store" | "now">,
  videoId: string,
): Promise<boolean> {
  if (!(await store.exists(streamKey(videoId, earlierPlaylistFile)))) return false;
  const finished = await store.open(finishedKey(videoId));
  if (!finished || now() - finished.modifiedAt.getTime() / 1000 < earlierStreamsSeconds) return false;
  return (await jobs.find(videoId))?.state === "ok";
}

/** Whether something lies in the workspace for a video of which nothing is being made, or about to be. */
export async function isNeedlessWorkspace({ jobs }: Pick<InspectDeps, "jobs">, videoId: string): Promise<boolean> {
  return !isActive((await jobs.find(videoId))?.state);
}

/**
 * What to do with the streams of a video that has no job here. They can be made again of the original, so they are kept
 * only where they are whole, there is no original, and nobody says that the video was deleted: then a database was lost
 * and this is the only copy of a film.
 */
export async function judgeStreams(
  deps: InspectDeps,
  videoId: string,
  signal: AbortSignal,
): Promise<Pick<Finding, "action" | "why">> {
  const known = await lookUpVideo(deps.metadata, videoId, signal);
  if (known.kind === "deleted") return { action: "remove", why: "The video was deleted" };
  const hasOriginal = await deps.store.exists(originalsKey(videoId));
  if (known.kind === "known") {
    if (!hasOriginal) return { action: "keep", why: "A video has these streams, and its original is gone" };
    return { action: "start", why: "A video has these streams, and its job was lost; it is made again" };
  }
  if (!hasOriginal && (await deps.store.exists(finishedKey(videoId))))
    return {
      action: "keep",
      why: "Nobody knows this video; its streams are whole, and may be the only copy of a film",
    };
  return { action: "remove", why: "Neither a job nor a video has these streams" };
}
