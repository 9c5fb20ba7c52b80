/** What is reconciled in this service, by key. */
import { createReconciler, type Reconciler } from "@video-backend/service";
import { removeLeftovers } from "../janitor/remove-leftovers.ts";
import { repairVideo } from "../ledger/repair-files.ts";
import type { TranscodingDeps } from "../service.ts";
import { matchCaptions } from "../subtitles/match-captions.ts";
import { reconcileAll } from "./reconcile-all.ts";
import { reconcileVideo } from "./reconcile-video.ts";

/** One video, its captions, its files, all videos, or what lies in the storage and belongs to no job. */
export type ReconcileKey = `video:${string}` | `captions:${string}` | `files:${string}` | "all" | "leftovers";

/** @param deps read when a key is reconciled, so that it may be a part of them */
export function createVideoReconciler(deps: () => TranscodingDeps, log: TranscodingDeps["log"]) {
  return createReconciler<ReconcileKey>({ log, reconcile: (key, signal) => reconcile(deps(), key, signal) });
}

export type VideoReconciler = Reconciler<ReconcileKey>;

function reconcile(deps: TranscodingDeps, key: ReconcileKey, signal: AbortSignal): Promise<void> {
  if (key === "all") return reconcileAll(deps, signal);
  if (key === "leftovers") return removeLeftovers(deps, signal);
  const [what, videoId = ""] = key.split(":");
  if (what === "files") return repairVideo(deps, videoId);
  return what === "video" ? reconcileVideo(deps, videoId, signal) : matchCaptions(deps, videoId, signal);
}
