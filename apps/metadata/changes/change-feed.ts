/**
 * The feed of changes: rows in the database, so that a follower can take up after the last event it saw, and a wake-up
 * for those who listen now. A row is written in the transaction of its change; readers only ever read committed rows, so
 * nothing is told that did not happen and nothing that happened is left out.
 */
import { gt, lte, max, min } from "drizzle-orm";
import type { MetadataDatabase } from "../database/open.ts";
import { type ChangeKind, changes } from "../database/schema.ts";

export interface Change {
  sequence: number;
  kind: ChangeKind;
  hash: string;
}

export interface ChangeFeed {
  /** Writes a change; call it inside the transaction that makes the change. */
  record(transaction: Pick<MetadataDatabase, "insert">, kind: ChangeKind, hash: string): void;
  /** Changes after `after` and then each new one, until the signal aborts. Without `after`, only new ones. */
  follow(after: number | undefined, signal: AbortSignal): AsyncIterable<Change | "reset">;
}

/** How many changes are kept for followers that were away. */
const keptChanges = 10_000;
const pageSize = 200;

/** @param now epoch seconds */
export function createChangeFeed(database: MetadataDatabase, now: () => number, kept = keptChanges): ChangeFeed {
  let news = Promise.withResolvers<void>();

  function record(transaction: Pick<MetadataDatabase, "insert">, kind: ChangeKind, hash: string): void {
    const { sequence } = transaction
      .insert(changes)
      .values({ kind, hash, changedAt: now() })
      .returning({ sequence: changes.sequence })
      .get();
    queueMicrotask(() => {
      if (sequence % 100 === 0)
        database
          .delete(changes)
          .where(lte(changes.sequence, sequence - kept))
          .run();
      news.resolve();
      news = Promise.withResolvers();
    });
  }

  function page(after: number): Change[] {
    return database
      .select()
      .from(changes)
      .where(gt(changes.sequence, after))
      .orderBy(changes.sequence)
      .limit(pageSize)
      .all();
  }

  async function* follow(after: number | undefined, signal: AbortSignal): AsyncGenerator<Change | "reset"> {
    const bounds = database
      .select({ first: min(changes.sequence), last: max(changes.sequence) })
      .from(changes)
      .get();
    const last = bounds?.last ?? 0;
    let seen = after ?? last;
    const tooOld = bounds?.first != null && seen < bounds.first - 1;
    if (tooOld || seen > last) {
      yield "reset";
      seen = last;
    }
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    while (!signal.aborted) {
      const wakeUp = news.promise;
      const found = page(seen);
      for (const change of found) {
        yield change;
        seen = change.sequence;
      }
      if (found.length === 0) await Promise.race([wakeUp, aborted]);
    }
  }

  return { record, follow };
}
