/**
 * A database that another program holds: a backup, a shell with an open transaction, `VACUUM`. bun:sqlite can only wait for
 * the lock by blocking the event loop, so a statement gives up after milliseconds (`busy_timeout`), and whoever can wait does
 * so here. However many wait, one of them tries the lock.
 */
import type { Database } from "bun:sqlite";
import { setTimeout as pause } from "node:timers/promises";

interface WithClient {
  $client: Database;
}

/** True for an error, or a cause of it, that says that another program holds the database, or changed it in between. */
export function isDatabaseBusy(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    if ("code" in one && /^SQLITE_(BUSY|LOCKED)/.test(String(one.code))) return true;
  }
  return false;
}

/** Thrown by what has waited for as long as it may. Nothing was written. */
export class DatabaseBusyError extends Error {
  override name = "DatabaseBusyError";
  readonly code = "SQLITE_BUSY";
}

export interface Patience {
  /** How long to wait for the lock; for ever by default. */
  seconds?: number;
  signal?: AbortSignal;
  /** Called once when it has to wait. */
  onWait?: () => void;
}

/**
 * Runs `work`, and again each time it finds the database held by another program. It must be a single transaction, or safe
 * to repeat from its beginning. The signal ends the waiting: without a lock the work is done also after an abort.
 *
 * @throws DatabaseBusyError when the patience has ended; the signal's reason; what `work` throws
 */
export async function retryWhileBusy<Value>(
  database: WithClient,
  work: () => Value,
  { seconds = Number.POSITIVE_INFINITY, signal, onWait }: Patience = {},
): Promise<Value> {
  const deadline = performance.now() + seconds * 1000;
  for (let isFirst = true; ; isFirst = false) {
    let cause: unknown;
    try {
      // Each try that finds the lock blocks the event loop for milliseconds, which many who wait must not do.
      if (!waits.has(database.$client)) return work();
    } catch (error) {
      if (!isDatabaseBusy(error)) throw error;
      cause = error;
    }
    signal?.throwIfAborted();
    if (isFirst) onWait?.();
    const isFree = await untilFree(database.$client, deadline - performance.now(), signal);
    if (!isFree) throw new DatabaseBusyError("Another program holds the database", { cause });
  }
}

/** Resolves when the database takes writes: at once unless another program holds it. Rejects as `retryWhileBusy`. */
export async function untilWritable(database: WithClient, patience: Patience = {}): Promise<void> {
  await retryWhileBusy(database, () => tryLock(database.$client), patience);
}

/** A lock that is held for longer is no backup between two pages: whoever supervises this service has to know. */
const tolerableSeconds = 30;

/**
 * A health check: the database answers and takes writes. While another program holds it for a moment, or makes a backup,
 * nothing is wrong: requests wait, or are told to come again.
 *
 * @throws Error with a sentence
 */
export function checkDatabase({ $client }: WithClient): void {
  try {
    if (!waits.has($client)) {
      tryLock($client);
      return;
    }
  } catch (error) {
    if (!isDatabaseBusy(error)) throw error;
  }
  const seconds = Math.floor((performance.now() - waitFor($client).since) / 1000);
  if (seconds >= tolerableSeconds) throw new Error(`Another program has held the database for ${seconds} s`);
}

/** Writes nothing: it costs microseconds. */
function tryLock(client: Database): void {
  client.run("BEGIN IMMEDIATE");
  client.run("ROLLBACK");
}

interface Wait {
  /** As `performance.now()`. */
  since: number;
  free: Promise<void>;
}

/** The one wait for each database. */
const waits = new WeakMap<Database, Wait>();

function waitFor(client: Database): Wait {
  const underWay = waits.get(client);
  if (underWay) return underWay;
  const free = tryUntilFree(client).finally(() => waits.delete(client));
  const wait = { since: performance.now(), free };
  waits.set(client, wait);
  return wait;
}

const shortestPauseMilliseconds = 10;
const longestPauseMilliseconds = 200;

/** Resolves also when the database cannot be used any more: whoever waits tries, and has the error. */
async function tryUntilFree(client: Database): Promise<void> {
  for (
    let milliseconds = shortestPauseMilliseconds;
    ;
    milliseconds = Math.min(milliseconds * 2, longestPauseMilliseconds)
  ) {
    await pause(milliseconds);
    try {
      return tryLock(client);
    } catch (error) {
      if (!isDatabaseBusy(error)) return;
    }
  }
}

/** Answers false when the time is over first. */
async function untilFree(client: Database, milliseconds: number, signal?: AbortSignal): Promise<boolean> {
  if (milliseconds <= 0) return false;
  const { free } = waitFor(client);
  if (milliseconds === Number.POSITIVE_INFINITY && !signal) return free.then(() => true);
  const given = Promise.withResolvers<boolean>();
  const timer = Number.isFinite(milliseconds) ? setTimeout(() => given.resolve(false), milliseconds) : undefined;
  const abort = () => given.reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([free.then(() => true), given.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
