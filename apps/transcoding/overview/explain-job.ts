/** A job explains itself: what was run for it, why each rung is made or left out, and how long the rest may take. */

import type { z } from "@hono/zod-openapi";
import type { Plan } from "@video-backend/media";
import type { Attempt } from "../contract.ts";
import type { AttemptRow, JobRow } from "../database/schema.ts";
import type { TranscodingDeps } from "../deps.ts";
import { getJob } from "../jobs/jobs.ts";
import type { VideoSegments } from "../ledger/video-segments.ts";

/** @throws ServiceError `not_found`: Status not found */
export async function explainJob(
  deps: Pick<TranscodingDeps, "jobs" | "ledger" | "attempts">,
  videoId: string,
  limit: number,
) {
  const job = await getJob(deps, videoId);
  const plan = job.plan;
  const attempts = await deps.attempts.list(videoId, limit);
  return {
    attempts: attempts.map(present),
    rungs: plan ? rungsOf(plan) : [],
    remaining_seconds: plan ? remainingSeconds(job, plan, await deps.ledger.segments(videoId)) : null,
  };
}

function present(row: AttemptRow): z.infer<typeof Attempt> {
  return {
    renditions: row.renditions.split(","),
    first_segment: row.first,
    segment_count: row.count,
    demanded: row.demanded === 1,
    encoder: row.encoder,
    arguments: JSON.parse(row.command),
    started_at: row.startedAt,
    seconds: row.seconds,
    exit_code: row.exitCode,
    errors: row.errors,
    fault: row.fault,
  };
}

function rungsOf(plan: Plan) {
  const source = plan.video ? `${plan.video.width}x${plan.video.height}` : "audio alone";
  const made = plan.renditions.map((rendition) => ({
    name: rendition.name,
    made: true,
    reason:
      rendition.kind === "audio"
        ? "The source has audio"
        : `The source is ${source}, at least as large as this rung or its lowest`,
  }));
  return [...made, ...plan.leftOut.map(({ name, reason }) => ({ name, made: false, reason }))];
}

/** At the pace of the last minute of work: seconds of video that are left to make, by seconds made a second. */
function remainingSeconds(job: JobRow, plan: Plan, segments: VideoSegments): number | null {
  const total = plan.renditions.reduce((sum, rendition) => sum + rendition.segmentCount, 0);
  const left = total - segments.count;
  if (left === 0) return 0;
  if (job.state !== "running") return null;
  const latest = plan.renditions.flatMap(({ name }) => segments.of(name).recent()).map(({ madeAt }) => madeAt);
  const newest = Math.max(...latest);
  const recent = latest.filter((madeAt) => madeAt > newest - 60);
  const span = newest - Math.min(...recent);
  return recent.length < 2 || span === 0 ? null : Math.round((left * span) / (recent.length - 1));
}
