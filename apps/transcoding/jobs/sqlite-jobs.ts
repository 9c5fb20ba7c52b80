/** The jobs in SQLite. */
import { retryWhileBusy } from "@video-backend/database";
import { withoutTrack } from "@video-backend/media";
import { and, count, eq, getTableColumns, gt, inArray, isNull, sql } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { jobs, steps } from "../database/schema.ts";
import { activeStates, statesBefore } from "../states.ts";
import { type Jobs, jobNotFound, moveRefused } from "./jobs.ts";

/** A request that has to wait for longer is told to come again. */
const maxWaitSeconds = 3;

const { plan: _, ...summary } = getTableColumns(jobs);

/** @param now epoch seconds */
export function createSqliteJobs(database: TranscodingDatabase, now: () => number): Jobs {
  const ofVideo = (videoId: string) => eq(jobs.videoId, videoId);
  const write = <Value>(work: () => Value) => retryWhileBusy(database, work, { seconds: maxWaitSeconds });
  const read = (videoId: string) => database.select().from(jobs).where(ofVideo(videoId)).get() ?? null;

  return {
    find: async (videoId) => read(videoId),
    async findActive(videoId) {
      const isActive = and(ofVideo(videoId), inArray(jobs.state, [...activeStates]));
      return database.select().from(jobs).where(isActive).get() ?? null;
    },
    async inStates(states) {
      const inThem = inArray(jobs.state, [...states]);
      return database.select(summary).from(jobs).where(inThem).all();
    },
    async ids() {
      const rows = database.select({ videoId: jobs.videoId }).from(jobs).all();
      return rows.map(({ videoId }) => videoId);
    },
    async counts() {
      const rows = database.select({ state: jobs.state, jobs: count() }).from(jobs).groupBy(jobs.state).all();
      return new Map(rows.map((row) => [row.state, row.jobs]));
    },
    ensure: (job) =>
      write(() => {
        const row = { ...job, state: "queued" as const, unreported: 1, createdAt: now() };
        database.insert(jobs).values(row).onConflictDoNothing().run();
        return found(read(job.videoId), job.videoId);
      }),
    move: (videoId, next, fields = {}) =>
      write(() =>
        database.transaction((transaction) => {
          const [moved] = transaction
            .update(jobs)
            .set({ ...fields, state: next, unreported: oneMore })
            .where(and(ofVideo(videoId), inArray(jobs.state, statesBefore(next))))
            .returning()
            .all();
          if (!moved) throw moveRefused(videoId, found(read(videoId), videoId).state, next);
          if (next === "queued") transaction.delete(steps).where(eq(steps.videoId, videoId)).run();
          return moved;
        }),
      ),
    async recordFailure(videoId, error, fault) {
      const isFirst = and(ofVideo(videoId), isNull(jobs.error), inArray(jobs.state, statesBefore("error")));
      await write(() => database.update(jobs).set({ error, fault }).where(isFirst).run());
    },
    keepPlan: (videoId, plan) =>
      write(() => {
        const hasNone = and(ofVideo(videoId), isNull(jobs.plan));
        database.update(jobs).set({ plan }).where(hasNone).run();
        return found(read(videoId), videoId).plan ?? plan;
      }),
    dropTrack: (videoId, name, reason) =>
      write(() =>
        database.transaction((transaction) => {
          const plan = found(read(videoId), videoId).plan;
          const without = plan && withoutTrack(plan, name, reason);
          if (without && without !== plan) {
            transaction.update(jobs).set({ plan: without }).where(ofVideo(videoId)).run();
          }
          return without !== null;
        }),
      ),
    keepTitle: (videoId, title) =>
      write(() => {
        const isOther = and(ofVideo(videoId), sql`${jobs.title} is not ${title}`);
        return database.update(jobs).set({ title }).where(isOther).returning().all().length > 0;
      }),
    notePlayable: (videoId) =>
      write(() => {
        const isFirst = and(ofVideo(videoId), eq(jobs.isPlayable, 0));
        const noted = database.update(jobs).set({ isPlayable: 1, unreported: oneMore }).where(isFirst);
        return noted.returning({ videoId: jobs.videoId }).all().length > 0;
      }),
    async keepStoppedByWish(videoId) {
      const isStopped = and(ofVideo(videoId), eq(jobs.state, "stopped"));
      await write(() => database.update(jobs).set({ stoppedByWish: 1 }).where(isStopped).run());
    },
    async doneSteps(videoId) {
      const rows = database.select({ step: steps.step }).from(steps).where(eq(steps.videoId, videoId)).all();
      return new Set(rows.map(({ step }) => step));
    },
    async markStepDone(videoId, step) {
      await write(() => database.insert(steps).values({ videoId, step }).onConflictDoNothing().run());
    },
    unreported: async () => database.select(summary).from(jobs).where(gt(jobs.unreported, 0)).all(),
    async markUnreported(videoId) {
      await write(() => database.update(jobs).set({ unreported: oneMore }).where(ofVideo(videoId)).run());
    },
    async markReported({ videoId, state, unreported }) {
      const isSame = and(ofVideo(videoId), eq(jobs.state, state), eq(jobs.unreported, unreported));
      await write(() => database.update(jobs).set({ unreported: 0 }).where(isSame).run());
    },
    async remove(videoId) {
      await write(() => database.delete(jobs).where(ofVideo(videoId)).run());
    },
  };
}

function found<Row>(row: Row | null, videoId: string): Row {
  if (!row) throw jobNotFound(videoId);
  return row;
}

/** Another change: a report that is under way does not tell of it. */
const oneMore = sql`${jobs.unreported} + 1`;
