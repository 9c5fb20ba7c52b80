/** What encoders do at this moment, what waits for them, and whether there is room for what they make. */
import { jobStates } from "../jobs/job-states.ts";
import type { TranscodingDeps } from "../service.ts";
import type { QueueState } from "./contract.ts";

export async function describeQueue({
  queue,
  demands,
  jobs,
  disk,
}: Pick<TranscodingDeps, "queue" | "demands" | "jobs" | "disk">): Promise<QueueState> {
  const [freeBytes, totalBytes] = await Promise.all([disk.freeBytes(), disk.totalBytes()]);
  const counts = jobs.counts();
  return {
    processes: { running: queue.running, waiting: queue.waiting },
    demands: { running: demands.running, waiting: demands.waiting },
    jobs: Object.fromEntries(jobStates.map((state) => [state, counts.get(state) ?? 0])) as QueueState["jobs"],
    disk: { free_bytes: freeBytes, total_bytes: totalBytes, low_water_bytes: disk.lowWaterBytes },
  };
}
