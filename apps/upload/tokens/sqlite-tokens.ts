/** Upload tokens in `uploads.db`. */
import { and, eq, gt, lte } from "drizzle-orm";
import type { UploadDatabase } from "../database/group-commit.ts";
import { uploadTokens } from "../database/schema.ts";
import type { Tokens } from "./store.ts";

/** @param now epoch seconds */
export function createSqliteTokens(database: UploadDatabase, now: () => number): Tokens {
  const { id, expiresAt } = uploadTokens;
  return {
    create: async (token) => void database.insert(uploadTokens).values(token).run(),
    async find(tokenId) {
      const isValid = and(eq(id, tokenId), gt(expiresAt, now()));
      return database.select().from(uploadTokens).where(isValid).get() ?? null;
    },
    delete: async (tokenId) => database.delete(uploadTokens).where(eq(id, tokenId)).returning().all().length > 0,
    deleteExpired: async () => void database.delete(uploadTokens).where(lte(expiresAt, now())).run(),
  };
}
