/**
 * One transaction for all who want to write a row at the same moment. Each commit waits for the disk, about 3 ms during
 * which the event loop stands still; several senders whose bytes came to the disk by one sync share one commit, too.
 */
import { retryWhileBusy } from "@video-backend/database";
import { isServiceError } from "@video-backend/service";
import type { UploadDatabase, Writes } from "./open.ts";

/**
 * Runs `work` in a transaction that it may share with others, and resolves with what it returned once that is committed.
 * `work` is synchronous. When it throws a `ServiceError` it alone is undone; any other error is everybody's. While another
 * program holds the database it waits, since the bytes are here by now and would have to be sent again; work may then be
 * done anew. Rejects with a `DatabaseBusyError` when that takes too long.
 */
export type GroupCommit = <Result>(work: (transaction: Writes) => Result) => Promise<Result>;

interface Member {
  /** @returns what tells the outcome to whoever waits for it */
  run(savepoint: <Result>(work: (transaction: Writes) => Result) => Result): () => void;
  reject(error: unknown): void;
}

/** A client waits for longer than this; a backup of a database of this size takes less. */
const lockPatienceSeconds = 10;

export function createGroupCommit(
  database: Pick<UploadDatabase, "transaction" | "$client">,
  seconds = lockPatienceSeconds,
): GroupCommit {
  let waiting: Member[] = [];

  async function commit(): Promise<void> {
    const group = waiting;
    waiting = [];
    const transact = () =>
      database.transaction((transaction) => group.map(({ run }) => run((work) => transaction.transaction(work))), {
        behavior: "immediate",
      });
    try {
      const outcomes = await retryWhileBusy(database, transact, { seconds });
      for (const tell of outcomes) tell();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  return (work) =>
    new Promise((resolve, reject) => {
      const run: Member["run"] = (savepoint) => {
        try {
          const result = savepoint(work);
          return () => resolve(result);
        } catch (error) {
          if (!isServiceError(error)) throw error;
          return () => reject(error);
        }
      };
      waiting.push({ run, reject });
      if (waiting.length === 1) setImmediate(() => void commit());
    });
}
