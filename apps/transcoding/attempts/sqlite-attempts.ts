/** The attempts in SQLite. */
import { retryWhileBusy } from "@video-backend/database";
import { and, desc, eq, getTableColumns, isNotNull, isNull, ne } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { attempts, jobs } from "../database/schema.ts";
import type { Attempts } from "./attempts.ts";

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
