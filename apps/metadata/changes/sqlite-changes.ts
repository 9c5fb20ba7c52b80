/** The feed of changes in `videos.db`. */
import { type Log, messageOf } from "@video-backend/service";
import { gt, lte, max, min } from "drizzle-orm";
import { changes } from "../database/schema.ts";
import type { MetadataDatabase } from "../database/sqlite-database.ts";
import type { ChangeKind, Changes } from "./store.ts";

export interface SqliteChanges extends Changes {
  /** Adds a change; call it inside the transaction that makes the change. */
  add(transaction: Pick<MetadataDatabase, "insert">, kind: ChangeKind, hash: string): void;
}

/** How many changes are kept for followers that were disconnected. */
const keptChanges = 10_000;
/** Old changes are deleted once per so many new ones. */
const pruneEvery = 100;

export interface SqliteChangesOptions {
  /** Epoch seconds. */
  now: () => number;
  kept?: number;
  /** Told when old changes could not be deleted, which is tried again with the next change. */
  log?: Pick<Log, "warn">;
}

export function createSqliteChanges(
  database: MetadataDatabase,
  { now, kept = keptChanges, log }: SqliteChangesOptions,
): SqliteChanges {
  let committed = Promise.withResolvers<void>();
  /** The first sequence at which there may be something to delete. */
  let pruneAt = 0;

  function prune(sequence: number): void {
    if (sequence < pruneAt) return;
    try {
      database
        .delete(changes)
        .where(lte(changes.sequence, sequence - kept))
        .run();
      pruneAt = (Math.floor(sequence / pruneEvery) + 1) * pruneEvery;
    } catch (error) {
      log?.warn({ reason: messageOf(error) }, "old changes could not be deleted; trying again with the next change");
    }
  }

  return {
    add(transaction, kind, hash) {
      const { sequence } = transaction
        .insert(changes)
        .values({ kind, hash, changedAt: now() })
        .returning({ sequence: changes.sequence })
        .get();
      // After the transaction, which is synchronous, and outside of it: a failure here fails neither the change nor the process.
      queueMicrotask(() => {
        committed.resolve();
        committed = Promise.withResolvers();
        prune(sequence);
      });
    },
    async range() {
      const found = database
        .select({ first: min(changes.sequence), last: max(changes.sequence) })
        .from(changes)
        .get();
      return { first: found?.first ?? null, last: found?.last ?? 0 };
    },
    async listAfter(sequence, limit) {
      return database
        .select({ sequence: changes.sequence, kind: changes.kind, hash: changes.hash })
        .from(changes)
        .where(gt(changes.sequence, sequence))
        .orderBy(changes.sequence)
        .limit(limit)
        .all();
    },
    next: () => committed.promise,
  };
}
