/** Opens a service's own SQLite file: WAL, foreign keys, a patient lock, and the migrations it has not seen yet. */
import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "drizzle-orm/bun-sqlite/migrator";

export type ServiceDatabase<Schema extends Record<string, unknown>> = BunSQLiteDatabase<Schema> & { $client: Database };

export interface OpenDatabaseOptions<Schema extends Record<string, unknown>> {
  /** The file; its directory is made when it is not there. */
  path: string;
  schema: Schema;
  /** The folder that drizzle-kit wrote. */
  migrationsFolder: string;
}

/**
 * Opens and migrates. `synchronous = NORMAL` under WAL may lose the last commits in a power cut, never consistency; a
 * killed process loses nothing.
 *
 * Transactions must be synchronous callbacks: an `async` one does not roll back on this driver.
 *
 * @throws Error with a sentence that names the file when it cannot be opened
 */
export function openDatabase<Schema extends Record<string, unknown>>(
  options: OpenDatabaseOptions<Schema>,
): ServiceDatabase<Schema> {
  try {
    mkdirSync(dirname(options.path), { recursive: true });
    const client = new Database(options.path, { create: true, strict: true });
    client.run("PRAGMA busy_timeout = 5000");
    client.run("PRAGMA journal_mode = WAL");
    client.run("PRAGMA synchronous = NORMAL");
    client.run("PRAGMA foreign_keys = ON");
    const database = drizzle({ client, schema: options.schema });
    migrate(database, { migrationsFolder: options.migrationsFolder });
    return database;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot open the database ${options.path}: ${reason}`, { cause: error });
  }
}

/** A health check: the database answers and takes writes. */
export function checkDatabase(database: { $client: Database }): void {
  database.$client.run("BEGIN IMMEDIATE");
  database.$client.run("ROLLBACK");
}
