/** What went wrong lately: jobs that ended with an error, and encodes that failed though their job went on. */
import { withoutAddress } from "@video-backend/media";
import type { TranscodingDeps } from "../deps.ts";
import type { RecentFault } from "./contract.ts";

/** Newest first. What somebody stopped is no fault. */
export async function listFaults(
  { jobs, attempts }: Pick<TranscodingDeps, "jobs" | "attempts">,
  limit: number,
): Promise<RecentFault[]> {
  const ended = (await jobs.inStates(["error"])).map(
    (job): RecentFault => ({
      upload_id: job.videoId,
      filename: job.filename,
      at: job.finishedAt ?? job.createdAt,
      what: "job",
      fault: job.fault,
      encoder: null,
      message: job.error ?? "",
    }),
  );
  const failed = (await attempts.recentFaults(limit)).map(
    ({ videoId, filename, startedAt, seconds, fault, encoder, errors, exitCode }): RecentFault => ({
      upload_id: videoId,
      filename,
      at: startedAt + seconds,
      what: "attempt",
      fault,
      encoder,
      message: lastWords(errors) || `ffmpeg ended with ${exitCode ?? "a signal"}`,
    }),
  );
  return [...ended, ...failed].sort((a, b) => b.at - a.at).slice(0, limit);
}

const lastWords = (errors: string): string => withoutAddress(errors.trim().split("\n").at(-1) ?? "");
