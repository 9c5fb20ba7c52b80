/** The first task of a job: examines the source, writes the plan, and compares what is there with the ledger. */
import { finishedKey } from "@video-backend/storage/layout";
import type { JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { forgetHoles, forgetLostSegments, type RepairDeps } from "../ledger/repair-files.ts";
import { type OpenSourceDeps, openSource } from "../sources/open-source.ts";

type PrepareDeps = OpenSourceDeps & RepairDeps & Pick<TranscodingDeps, "changes" | "now">;

/** @throws SourceError when there is nothing to make of the source */
export async function prepare(deps: PrepareDeps, job: JobRow, signal: AbortSignal): Promise<void> {
  const { videoId } = job;
  await deps.workspace.source(job.videoId, () => openSource(deps, job, signal));
  // It may have been left by a process that ended between this and the job's last state.
  await deps.store.remove(finishedKey(videoId));
  await forgetLostSegments(deps, videoId);
  if (job.plan) await forgetHoles(deps, videoId, job.plan);
  signal.throwIfAborted();
  await deps.jobs.move(videoId, "running", { startedAt: job.startedAt ?? deps.now(), error: null, fault: null });
  deps.changes.tell(videoId, "job");
}
