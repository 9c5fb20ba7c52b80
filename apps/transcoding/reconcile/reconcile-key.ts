/** What is compared with metadata, or with the files on the disk, by key. */
import type { ReconcileKey, TranscodingDeps } from "../deps.ts";
import { removeLeftovers } from "../janitor/remove-leftovers.ts";
import { reportState } from "../jobs/report-states.ts";
import { repairVideo } from "../ledger/repair-files.ts";
import { matchCaptions } from "../subtitles/match-captions.ts";
import { reconcileAll } from "./reconcile-all.ts";
import { reconcileVideo } from "./reconcile-video.ts";

export async function reconcileKey(deps: TranscodingDeps, key: ReconcileKey, signal: AbortSignal): Promise<void> {
  if (key === "all") return reconcileAll(deps, signal);
  if (key === "leftovers") return removeLeftovers(deps, signal);
  const [what, videoId = ""] = key.split(":");
  if (what === "files") return void (await repairVideo(deps, videoId));
  if (what === "report") return reportState(deps, videoId);
  return what === "video" ? reconcileVideo(deps, videoId, signal) : matchCaptions(deps, videoId, signal);
}
