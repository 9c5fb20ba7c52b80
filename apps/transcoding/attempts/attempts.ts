/** Every ffmpeg that was run for a video, so that a job explains itself: arguments, encoder, time, end, last words. */
import { retryWhileBusy } from "@video-backend/database";
import type { Chunk } from "@video-backend/media";
import { and, desc, eq, getTableColumns, isNotNull, isNull, ne } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { type AttemptRow, attempts, jobs } from "../database/schema.ts";
import type { FaultClass } from "../engine/faults.ts";

export interface NewAttempt {
  videoId: string;
  chunk: Chunk;
  /** Whether somebody waited for it. */
  demanded: boolean;
  encoder: string;
  command: string[];
  startedAt: number;
  seconds: number;
  /** Null when a signal ended it. */
  exitCode: number | null;
  errors: string;
  fault: FaultClass | null;
}

export interface Attempts {
  /** Waits while another program holds the database, until the signal aborts; then it is not written. */
  record(attempt: NewAttempt, signal: AbortSignal): Promise<void>;
  /** Newest first. */
  list(videoId: string, limit: number): AttemptRow[];
  /** The chunks on which one failed for another reason than that somebody stopped it. */
  failed(videoId: string): Pick<Chunk, "renditions" | "first" | "count">[];
  /** Such attempts of all videos, newest first. */
  recentFaults(limit: number): (AttemptRow & { filename: string })[];
  /** What ffmpeg complained of in an attempt that went well all the same; null where it never did. */
  complaint(videoId: string): string | null;
}

const isFault = and(isNotNull(attempts.fault), ne(attempts.fault, "stopped"));

export function createAttempts(database: TranscodingDatabase): Attempts {
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
    list: (videoId, limit) =>
      database
        .select()
        .from(attempts)
        .where(eq(attempts.videoId, videoId))
        .orderBy(desc(attempts.id))
        .limit(limit)
        .all(),
    failed: (videoId) =>
      database
        .select()
        .from(attempts)
        .where(and(eq(attempts.videoId, videoId), isFault))
        .all()
        .map(({ renditions, first, count }) => ({ renditions: renditions.split(","), first, count })),
    recentFaults: (limit) =>
      database
        .select({ ...getTableColumns(attempts), filename: jobs.filename })
        .from(attempts)
        .innerJoin(jobs, eq(jobs.videoId, attempts.videoId))
        .where(isFault)
        .orderBy(desc(attempts.id))
        .limit(limit)
        .all(),
    complaint: (videoId) =>
      database
        .select({ errors: attempts.errors })
        .from(attempts)
        .where(and(eq(attempts.videoId, videoId), isNull(attempts.fault), ne(attempts.errors, "")))
        .limit(1)
        .get()?.errors ?? null,
  };
}
