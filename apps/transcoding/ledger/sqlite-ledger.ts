/** The ledger in SQLite. */
import { retryWhileBusy } from "@video-backend/database";
import { and, eq, inArray } from "drizzle-orm";
import type { TranscodingDatabase } from "../database/open.ts";
import { segments } from "../database/schema.ts";
import type { Ledger } from "./ledger.ts";

/** SQLite takes at most 32,766 parameters in a statement. */
const maxParameters = 10_000;

/** @param now epoch seconds */
export function createSqliteLedger(database: TranscodingDatabase, now: () => number): Ledger {
  return {
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
    async find(videoId, rendition, index) {
      const one = and(eq(segments.videoId, videoId), eq(segments.rendition, rendition), eq(segments.index, index));
      return database.select().from(segments).where(one).get() ?? null;
    },
    async enter(entered, signal) {
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
