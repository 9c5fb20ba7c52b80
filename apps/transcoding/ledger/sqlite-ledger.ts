/** The ledger and the attempts in SQLite. */
import { retryWhileBusy } from "@video-backend/database";
import { and, desc, eq, getTableColumns, inArray, isNotNull, isNull, ne } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { attempts, jobs, type SegmentRow, segments } from "../database/schema.ts";
import type { Attempts, Ledger, NewSegment } from "./ledger.ts";

/** SQLite takes at most 32,766 parameters in a statement. */
const maxParameters = 10_000;

/** @param now epoch seconds */
export function createSqliteLedger(database: TranscodingDatabase, now: () => number): Ledger {
  /** Segments whose file is on its way to its place. One process has the database, so it is known here who puts one. */
  const placing = new Map<string, Promise<unknown>>();

  async function find(videoId: string, rendition: string, index: number): Promise<SegmentRow | null> {
    const one = and(eq(segments.videoId, videoId), eq(segments.rendition, rendition), eq(segments.index, index));
    return database.select().from(segments).where(one).get() ?? null;
  }

  async function enter(entered: NewSegment[], signal?: AbortSignal): Promise<void> {
    const madeAt = now();
    const enterAll = () =>
      database.transaction((transaction) => {
        for (const segment of entered) {
          transaction
            .insert(segments)
            .values({ ...segment, madeAt })
            .onConflictDoNothing()
            .run();
        }
      });
    await retryWhileBusy(database, enterAll, { ...(signal && { signal }) });
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
    async list(videoId) {
      const ofVideo = database.select().from(segments).where(eq(segments.videoId, videoId));
      return ofVideo.orderBy(segments.rendition, segments.index).all();
    },
    async made(videoId) {
      const { rendition, index } = segments;
      const rows = database.select({ rendition, index }).from(segments).where(eq(segments.videoId, videoId)).values();
      const indexes = new Map<unknown, Set<unknown>>();
      for (const [name, at] of rows) {
        const known = indexes.get(name);
        if (known) known.add(at);
        else indexes.set(name, new Set([at]));
      }
      return (name, at) => indexes.get(name)?.has(at) ?? false;
    },
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
