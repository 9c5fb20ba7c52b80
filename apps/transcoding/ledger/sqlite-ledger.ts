/** The ledger and the attempts in SQLite. */
import { setImmediate } from "node:timers/promises";
import { retryWhileBusy } from "@video-backend/database";
import { and, desc, eq, getTableColumns, inArray, isNotNull, isNull, ne, sql } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { attempts, jobs, type SegmentRow, segments } from "../database/schema.ts";
import type { Attempts, Ledger, NewSegment } from "./ledger.ts";
import { createVideoSegments, type VideoSegments } from "./video-segments.ts";

/** SQLite takes at most 32,766 parameters in a statement. */
const maxParameters = 10_000;

/** Rows that are read before others have their turn, some milliseconds. */
const rowsAtATime = 500;
/** About 40 MB; of a film of ten hours there are 45,000. */
const maxKeptRows = 200_000;

interface Kept {
  all: ReturnType<typeof createVideoSegments>;
  /** By which the segments of another job of the same video are told apart. */
  jobCreatedAt: number;
  loaded: Promise<void>;
}

/** @param now epoch seconds */
export function createSqliteLedger(database: TranscodingDatabase, now: () => number): Ledger {
  /** Segments whose file is on its way to its place. One process has the database, so it is known here who puts one. */
  const placing = new Map<string, Promise<unknown>>();
  /** By video, the one that was used last at the end. */
  const kept = new Map<string, Kept>();

  async function find(videoId: string, rendition: string, index: number): Promise<SegmentRow | null> {
    const one = and(eq(segments.videoId, videoId), eq(segments.rendition, rendition), eq(segments.index, index));
    return database.select().from(segments).where(one).get() ?? null;
  }

  async function enter(entered: NewSegment[], signal?: AbortSignal): Promise<void> {
    const madeAt = now();
    const enterAll = () => {
      const rows = database.transaction((transaction) =>
        entered.flatMap((segment) => {
          const insert = transaction.insert(segments).values({ ...segment, madeAt });
          return insert.onConflictDoNothing().returning().all();
        }),
      );
      for (const row of rows) kept.get(row.videoId)?.all.enter(row);
    };
    await retryWhileBusy(database, enterAll, { ...(signal && { signal }) });
  }

  const createdAtOf = (videoId: string): number | null =>
    database.select({ createdAt: jobs.createdAt }).from(jobs).where(eq(jobs.videoId, videoId)).get()?.createdAt ?? null;

  async function segmentsOf(videoId: string): Promise<VideoSegments> {
    for (;;) {
      const jobCreatedAt = createdAtOf(videoId);
      if (jobCreatedAt === null) return createVideoSegments();
      const known = kept.get(videoId);
      const all = createVideoSegments();
      const video = known?.jobCreatedAt === jobCreatedAt ? known : { all, jobCreatedAt, loaded: load(videoId, all) };
      kept.delete(videoId);
      kept.set(videoId, video);
      try {
        await video.loaded;
      } catch (error) {
        if (kept.get(videoId) === video) kept.delete(videoId);
        throw error;
      }
      // Else a row was taken out meanwhile, which may have been read before.
      if (kept.get(videoId) !== video) continue;
      if (video !== known) dropOldest();
      return video.all;
    }
  }

  /** In pieces, between which others have their turn; what is entered meanwhile comes both ways. */
  async function load(videoId: string, all: ReturnType<typeof createVideoSegments>): Promise<void> {
    const after = { rendition: "", index: -1 };
    for (;;) {
      const isAfter = sql`(${segments.rendition}, ${segments.index}) > (${after.rendition}, ${after.index})`;
      const ofVideo = database
        .select()
        .from(segments)
        .where(and(eq(segments.videoId, videoId), isAfter));
      const rows = ofVideo.orderBy(segments.rendition, segments.index).limit(rowsAtATime).all();
      for (const row of rows) all.enter(row);
      const last = rows.at(-1);
      if (!last || rows.length < rowsAtATime) return;
      Object.assign(after, { rendition: last.rendition, index: last.index });
      await setImmediate();
    }
  }

  function dropOldest(): void {
    let count = kept.values().reduce((sum, { all }) => sum + all.count, 0);
    for (const [videoId, { all }] of kept) {
      if (count <= maxKeptRows || kept.size === 1) return;
      kept.delete(videoId);
      count -= all.count;
    }
  }

  return {
    find,
    enter,
    async place(segment, put, signal) {
      const { videoId, rendition, index } = segment;
      const key = `${videoId}/${rendition}/${index}`;
      for (let other = placing.get(key); other; other = placing.get(key)) await other.catch(() => undefined);
      // From the look into the ledger to the row it is this one's turn.
      const placed = (async () => {
        if (await find(videoId, rendition, index)) return false;
        await put();
        await enter([segment], signal);
        return true;
      })();
      placing.set(key, placed);
      try {
        return await placed;
      } finally {
        placing.delete(key);
      }
    },
    segments: segmentsOf,
    list: async (videoId) => (await segmentsOf(videoId)).rows(),
    made: async (videoId) => (await segmentsOf(videoId)).has,
    async forget(videoId, rendition, indexes) {
      const forgetAll = () =>
        database.transaction((transaction) => {
          for (let from = 0; from < indexes.length; from += maxParameters) {
            const some = inArray(segments.index, indexes.slice(from, from + maxParameters));
            const lost = and(eq(segments.videoId, videoId), eq(segments.rendition, rendition), some);
            transaction.delete(segments).where(lost).run();
          }
        });
      await retryWhileBusy(database, forgetAll);
      kept.delete(videoId);
    },
  };
}

const isFault = and(isNotNull(attempts.fault), ne(attempts.fault, "stopped"));

/** Those of posters and storyboards make no segment; they begin anywhere, and what they decode a chunk has decoded, too. */
const isOfChunk = ne(attempts.encoder, "mjpeg");

export function createSqliteAttempts(database: TranscodingDatabase): Attempts {
  return {
    async record({ videoId, chunk, command, demanded, ...rest }, signal) {
      const { kind, renditions, first, count } = chunk;
      const row = { kind, renditions: renditions.join(","), first, count, command: JSON.stringify(command) };
      // The video may have been deleted while its ffmpeg was dying; then nobody will ask.
      const write = database.$client.transaction(() => {
        if (database.query.jobs.findFirst({ where: (jobs, { eq: equals }) => equals(jobs.videoId, videoId) }).sync()) {
          database
            .insert(attempts)
            .values({ videoId, demanded: demanded ? 1 : 0, ...row, ...rest })
            .run();
        }
      });
      try {
        await retryWhileBusy(database, () => write(), { signal });
      } catch (error) {
        if (!signal.aborted || error !== signal.reason) throw error;
      }
    },
    async list(videoId, limit) {
      const ofVideo = database.select().from(attempts).where(eq(attempts.videoId, videoId));
      return ofVideo.orderBy(desc(attempts.id)).limit(limit).all();
    },
    async failed(videoId) {
      const { renditions, first, count } = attempts;
      const where = and(eq(attempts.videoId, videoId), isFault);
      const rows = database.select({ renditions, first, count }).from(attempts).where(where).all();
      return rows.map((row) => ({ ...row, renditions: row.renditions.split(",") }));
    },
    async failedEncoders(videoId) {
      const isEncoders = and(eq(attempts.kind, "video"), eq(attempts.fault, "encoder"));
      const where = and(eq(attempts.videoId, videoId), isEncoders);
      const rows = database.selectDistinct({ encoder: attempts.encoder }).from(attempts).where(where).all();
      return new Set(rows.map(({ encoder }) => encoder));
    },
    async recentFaults(limit) {
      const columns = { ...getTableColumns(attempts), filename: jobs.filename };
      const withJob = database.select(columns).from(attempts).innerJoin(jobs, eq(jobs.videoId, attempts.videoId));
      return withJob.where(isFault).orderBy(desc(attempts.id)).limit(limit).all();
    },
    async complaint(videoId) {
      const wentWell = and(isOfChunk, eq(attempts.videoId, videoId), isNull(attempts.fault));
      const where = and(wentWell, ne(attempts.errors, ""));
      const row = database.select({ errors: attempts.errors }).from(attempts).where(where).limit(1).get();
      return row?.errors ?? null;
    },
  };
}
