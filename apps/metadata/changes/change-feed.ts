/**
 * The feed of changes: rows in the database, so that a follower can take up after the last event it saw, and a wake-up
 * for those who listen now. A row is written in the transaction of its change; readers only ever read committed rows, so
 * nothing is told that did not happen and nothing that happened is left out.
 */
import { type Log, messageOf } from "@video-backend/service";
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
  /**
   * Changes after `after` and then each new one, until the signal aborts. Without `after`, only new ones. `reset`, with the
   * last sequence there is, in place of changes that are not kept any more.
   */
  follow(after: number | undefined, signal: AbortSignal): AsyncIterable<Change | Reset>;
}

/** Changes are missing before this point: whoever follows compares everything. */
export interface Reset {
  kind: "reset";
  sequence: number;
}

/** How many changes are kept for followers that were away. */
const keptChanges = 10_000;
const pageSize = 200;
/** Changes that are no longer kept are removed once in so many. */
const pruneEvery = 100;

/**
 * @param now epoch seconds
 * @param log told when old changes could not be removed, which is tried again with the next change
 */
export function createChangeFeed(
  database: MetadataDatabase,
  now: () => number,
  kept = keptChanges,
  log?: Pick<Log, "warn">,
): ChangeFeed {
  let news = Promise.withResolvers<void>();
  /** The first sequence at which there may be something to remove. */
  let pruneAt = 0;

  function record(transaction: Pick<MetadataDatabase, "insert">, kind: ChangeKind, hash: string): void {
    const { sequence } = transaction
      .insert(changes)
      .values({ kind, hash, changedAt: now() })
      .returning({ sequence: changes.sequence })
      .get();
    // Behind the transaction, and outside of it: what fails there must fail neither the change nor the process.
    queueMicrotask(() => {
      news.resolve();
      news = Promise.withResolvers();
      prune(sequence);
    });
  }

  function prune(sequence: number): void {
    if (sequence < pruneAt) return;
    try {
      database
        .delete(changes)
        .where(lte(changes.sequence, sequence - kept))
        .run();
      pruneAt = (Math.floor(sequence / pruneEvery) + 1) * pruneEvery;
    } catch (error) {
      log?.warn({ reason: messageOf(error) }, "old changes could not be removed; it is tried again");
    }
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

  function bounds(): { first: number | null; last: number } {
    const found = database
      .select({ first: min(changes.sequence), last: max(changes.sequence) })
      .from(changes)
      .get();
    return { first: found?.first ?? null, last: found?.last ?? 0 };
  }

  async function* follow(after: number | undefined, signal: AbortSignal): AsyncGenerator<Change | Reset> {
    let seen = after ?? bounds().last;
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    while (!signal.aborted) {
      const wakeUp = news.promise;
      const { first, last } = bounds();
      // Pruned beyond what was seen, also while a slow follower was connected; or another database than the id's.
      if ((first !== null && seen < first - 1) || seen > last) {
        seen = last;
        yield { kind: "reset", sequence: last };
      }
      const found = page(seen);
      for (const change of found) {
        seen = change.sequence;
        yield change;
      }
      if (found.length === 0) await Promise.race([wakeUp, aborted]);
    }
  }

  return { record, follow };
}
