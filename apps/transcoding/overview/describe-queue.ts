/** What encoders do at this moment, what waits for them, and whether there is room for what they make. */
import type { TranscodingDeps } from "../deps.ts";
import { jobStates } from "../states.ts";
import type { QueueState } from "./contract.ts";

export async function describeQueue({
  queue,
  jobs,
  disk,
}: Pick<TranscodingDeps, "queue" | "jobs" | "disk">): Promise<QueueState> {
  const [freeBytes, totalBytes] = await Promise.all([disk.freeBytes(), disk.totalBytes()]);
  const counts = await jobs.counts();
  const [now, far] = await Promise.all([queue.count("now"), queue.count("far")]);
  return {
    processes: await queue.count("encode"),
    demands: { running: now.running + far.running, waiting: now.waiting + far.waiting },
    jobs: Object.fromEntries(jobStates.map((state) => [state, counts.get(state) ?? 0])) as QueueState["jobs"],
    disk: { free_bytes: freeBytes, total_bytes: totalBytes, low_water_bytes: disk.lowWaterBytes },
  };
}
