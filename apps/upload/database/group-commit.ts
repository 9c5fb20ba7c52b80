/**
 * Concurrent writes share one transaction. Each commit waits for the disk, about 3 ms during which the event loop is blocked;
 * requests whose bytes were synced together share one commit, too.
 */
import { retryWhileBusy, type ServiceDatabase } from "@video-backend/database";
import { isServiceError } from "@video-backend/service";
import type * as schema from "./schema.ts";

/** `uploads.db` as the adapters use it. */
export type UploadDatabase = ServiceDatabase<typeof schema>;

/** The operations on a transaction. */
export type Transaction = Pick<UploadDatabase, "select" | "insert" | "update" | "delete">;

/**
 * Runs `work` in a transaction that it may share with others, in the order of the calls, and resolves with its result after the
 * commit. `work` is synchronous. If it throws a `ServiceError` it alone is undone; any other error fails the whole group. While
 * another program holds the database it waits, since bytes that are received would have to be sent again; `work` may then run
 * more than once. Rejects with a `DatabaseBusyError` when that takes too long.
 */
export type GroupCommit = <Result>(work: (transaction: Transaction) => Result) => Promise<Result>;

interface Member {
  /** @returns a function that settles the caller's promise */
  run(savepoint: <Result>(work: (transaction: Transaction) => Result) => Result): () => void;
  reject(error: unknown): void;
}

/** Clients have longer timeouts; a backup of a database of this size takes less. */
const defaultLockSeconds = 10;

export function createGroupCommit(
  database: Pick<UploadDatabase, "transaction" | "$client">,
  seconds = defaultLockSeconds,
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
