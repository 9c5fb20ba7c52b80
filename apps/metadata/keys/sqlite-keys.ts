/** API keys and their sessions in `videos.db`. */
import type { Scope } from "@video-backend/service/contract";
import { and, desc, eq, isNull, lte } from "drizzle-orm";
import { apiKeys, sessions } from "../database/schema.ts";
import type { MetadataDatabase } from "../database/sqlite-database.ts";
import type { ApiKeyRecord, ApiKeys, Sessions } from "./store.ts";

/** @param now epoch seconds */
export function createSqliteKeys(database: MetadataDatabase, now: () => number): ApiKeys {
  const find = (id: string) => {
    const row = database.select().from(apiKeys).where(eq(apiKeys.id, id)).get();
    return row ? recordOf(row) : null;
  };
  return {
    async create({ scopes, ...key }) {
      database
        .insert(apiKeys)
        .values({ ...key, scopes: scopes.join(","), createdAt: now() })
        .onConflictDoNothing()
        .run();
      const created = find(key.id);
      if (created?.sha256 !== key.sha256) throw new Error(`Another key has the id ${key.id}`);
      return created;
    },
    find: async (id) => find(id),
    async list() {
      const rows = database.select().from(apiKeys).where(isNull(apiKeys.revokedAt));
      return rows.orderBy(desc(apiKeys.createdAt), apiKeys.id).all().map(recordOf);
    },
    async revoke(id) {
      const isValid = and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt));
      const revoked = database.update(apiKeys).set({ revokedAt: now() }).where(isValid).returning({ id: apiKeys.id });
      return revoked.all().length > 0;
    },
    async touch(id) {
      database.update(apiKeys).set({ lastUsedAt: now() }).where(eq(apiKeys.id, id)).run();
    },
    isEmpty: async () => database.select({ id: apiKeys.id }).from(apiKeys).limit(1).all().length === 0,
  };
}

/** @param now epoch seconds */
export function createSqliteSessions(database: MetadataDatabase, now: () => number): Sessions {
  return {
    async create(session) {
      database.delete(sessions).where(lte(sessions.expiresAt, now())).run();
      const created = { ...session, createdAt: now() };
      database.insert(sessions).values(created).run();
      return created;
    },
    find: async (id) => database.select().from(sessions).where(eq(sessions.id, id)).get() ?? null,
    async end(id) {
      return database.delete(sessions).where(eq(sessions.id, id)).returning({ id: sessions.id }).all().length > 0;
    },
  };
}

const recordOf = (row: typeof apiKeys.$inferSelect): ApiKeyRecord => ({
  ...row,
  scopes: row.scopes.split(",") as Scope[],
});
