/** Opens a service's own SQLite file: WAL, foreign keys, and the migrations it has not seen yet. */
import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";
import { isDatabaseBusy } from "./busy.ts";

export type ServiceDatabase<Schema extends Record<string, unknown>> = BunSQLiteDatabase<Schema> & { $client: Database };

export interface OpenDatabaseOptions<Schema extends Record<string, unknown>> {
  /** The file; its directory is made when it is not there. */
  path: string;
  schema: Schema;
  /** The folder that drizzle-kit wrote. */
  migrationsFolder: string;
  /** Called with a sentence when another program holds the file, and every so often while it does; it goes to stderr by default. */
  onWait?: (sentence: string) => void;
}

/** In which a statement waits for a lock, and the event loop with it: for a reader that closes, not for a backup. */
const busyMilliseconds = 5;
const openRetryMilliseconds = 100;
const tellEverySeconds = 30;

/**
 * Opens and migrates, and waits for as long as another program holds the file: nothing is served yet, so blocking is no
 * harm. `synchronous = NORMAL` under WAL may lose the last commits in a power cut, never consistency; a
 * killed process loses nothing.
 *
 * Transactions must be synchronous callbacks: an `async` one does not roll back on this driver. Any statement throws where
 * `isDatabaseBusy`; who can wait uses `retryWhileBusy`.
 *
 * @throws Error with a sentence that names the file when it cannot be opened
 */
export function openDatabase<Schema extends Record<string, unknown>>(
  options: OpenDatabaseOptions<Schema>,
): ServiceDatabase<Schema> {
  const { path, onWait = (sentence) => process.stderr.write(`${sentence}\n`) } = options;
  try {
    mkdirSync(dirname(path), { recursive: true });
    for (let toldAt = Number.NEGATIVE_INFINITY; ; Bun.sleepSync(openRetryMilliseconds)) {
      try {
        return openOnce(options);
      } catch (error) {
        if (!isDatabaseBusy(error)) throw error;
        if (performance.now() - toldAt < tellEverySeconds * 1000) continue;
        onWait(`Waiting for the database ${path}: another program holds it`);
        toldAt = performance.now();
      }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot open the database ${path}: ${reason}`, { cause: error });
  }
}

function openOnce<Schema extends Record<string, unknown>>(
  options: OpenDatabaseOptions<Schema>,
): ServiceDatabase<Schema> {
  const client = new Database(options.path, { create: true, strict: true });
  try {
    client.run(`PRAGMA busy_timeout = ${busyMilliseconds}`);
    client.run("PRAGMA journal_mode = WAL");
    client.run("PRAGMA synchronous = NORMAL");
    client.run("PRAGMA foreign_keys = ON");
    const database = drizzle({ client, schema: options.schema });
    migrate(database, { migrationsFolder: options.migrationsFolder });
    return database;
  } catch (error) {
    client.close();
    throw error;
  }
}
