/** The jobs, one a video: finding them, making them, and the one guarded update by which they change state. */
import { Plan } from "@video-backend/media";
import { ServiceError } from "@video-backend/service";
import { and, count, eq, gt, inArray, sql } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { type JobRow, jobs } from "../database/schema.ts";
import { type JobState, statesBefore, transitions } from "./job-states.ts";

export interface NewJob {
  videoId: string;
  filename: string;
  networkSpeed: number;
}

/** Mbit/s where nobody says how much the viewer has: every rung. */
export const defaultNetworkSpeed = 10;

export interface Jobs {
  find(videoId: string): JobRow | null;
  /** The job, or ServiceError `not_found`: Status not found. */
  get(videoId: string): JobRow;
  inStates(states: readonly JobState[]): JobRow[];
  all(): JobRow[];
  /** The video ids of all jobs. */
  ids(): string[];
  /** How many there are in each state; a state without any is absent. */
  counts(): Map<JobState, number>;
  /** Makes a queued job where the video has none; answers the one that is there. */
  ensure(job: NewJob): JobRow;
  /** Moves a job to `next`. Throws ServiceError `conflict` when its state does not lead there. */
  move(videoId: string, next: JobState, fields?: Partial<JobRow>): JobRow;
  /** Writes the plan, once; a plan that is there already is the one that counts. */
  keepPlan(videoId: string, plan: Plan): Plan;
  /** What people call the video; answers whether that is another title than before. */
  keepTitle(videoId: string, title: string | null): boolean;
  /** Notes of a stopped job that metadata wants it stopped, too: taking that wish back resumes it. */
  keepStoppedByWish(videoId: string): void;
  unreported(): JobRow[];
  /** There is something new to tell metadata, though the state is the same. */
  markUnreported(videoId: string): void;
  /** Metadata has heard of the job as it was in this row; what has changed since is still to be told. */
  markReported(told: JobRow): void;
  remove(videoId: string): void;
}

/** @param now epoch seconds */
export function createJobs(database: TranscodingDatabase, now: () => number): Jobs {
  const find = (videoId: string) => database.select().from(jobs).where(eq(jobs.videoId, videoId)).get() ?? null;

  function get(videoId: string): JobRow {
    const job = find(videoId);
    if (!job) throw new ServiceError("not_found", "Status not found", { details: { upload_id: videoId } });
    return job;
  }

  return {
    find,
    get,
    inStates: (states) =>
      database
        .select()
        .from(jobs)
        .where(inArray(jobs.state, [...states]))
        .all(),
    all: () => database.select().from(jobs).all(),
    ids: () =>
      database
        .select({ videoId: jobs.videoId })
        .from(jobs)
        .all()
        .map(({ videoId }) => videoId),
    counts: () => {
      const rows = database.select({ state: jobs.state, jobs: count() }).from(jobs).groupBy(jobs.state).all();
      return new Map(rows.map((row) => [row.state, row.jobs]));
    },
    ensure(job) {
      database
        .insert(jobs)
        .values({ ...job, state: "queued", unreported: 1, createdAt: now() })
        .onConflictDoNothing()
        .run();
      return get(job.videoId);
    },
    move(videoId, next, fields = {}) {
      const [moved] = database
        .update(jobs)
        .set({ ...fields, state: next, unreported: oneMore })
        .where(and(eq(jobs.videoId, videoId), inArray(jobs.state, statesBefore(next))))
        .returning()
        .all();
      if (moved) return moved;
      const { state } = get(videoId);
      throw new ServiceError("conflict", `A job that is ${state} cannot become ${next}`, {
        details: { upload_id: videoId, state, accepted: transitions[state] },
      });
    },
    keepPlan(videoId, plan) {
      const kept = planOf(get(videoId));
      if (kept) return kept;
      database
        .update(jobs)
        .set({ plan: JSON.stringify(plan) })
        .where(eq(jobs.videoId, videoId))
        .run();
      return plan;
    },
    keepTitle(videoId, title) {
      const isOther = sql`${jobs.title} is not ${title}`;
      return (
        database
          .update(jobs)
          .set({ title })
          .where(and(eq(jobs.videoId, videoId), isOther))
          .returning()
          .all().length > 0
      );
    },
    keepStoppedByWish: (videoId) =>
      void database
        .update(jobs)
        .set({ stoppedByWish: 1 })
        .where(and(eq(jobs.videoId, videoId), eq(jobs.state, "stopped")))
        .run(),
    unreported: () => database.select().from(jobs).where(gt(jobs.unreported, 0)).all(),
    markUnreported: (videoId) =>
      void database.update(jobs).set({ unreported: oneMore }).where(eq(jobs.videoId, videoId)).run(),
    markReported: ({ videoId, state, unreported }) =>
      void database
        .update(jobs)
        .set({ unreported: 0 })
        .where(and(eq(jobs.videoId, videoId), eq(jobs.state, state), eq(jobs.unreported, unreported)))
        .run(),
    remove: (videoId) => void database.delete(jobs).where(eq(jobs.videoId, videoId)).run(),
  };
}

/** Another change: a report that is under way does not speak of it. */
const oneMore = sql`${jobs.unreported} + 1`;

/** The plan of a job; null until its source was examined. */
export function planOf(job: JobRow): Plan | null {
  return job.plan === null ? null : Plan.parse(JSON.parse(job.plan));
}
