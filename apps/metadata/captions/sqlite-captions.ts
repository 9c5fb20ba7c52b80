/** Captions in `videos.db`. */
import { and, eq, getTableColumns } from "drizzle-orm";
import type { SqliteChanges } from "../changes/sqlite-changes.ts";
import { captions, videos } from "../database/schema.ts";
import type { MetadataDatabase } from "../database/sqlite-database.ts";
import type { CaptionsStore } from "./store.ts";

/** The least difference between the times of two versions, by which a follower tells them apart. Seconds. */
const minVersionSeconds = 0.001;

const { webvtt: _, ...columns } = getTableColumns(captions);
const isIn = (hash: string, lang: string) => and(eq(captions.hash, hash), eq(captions.lang, lang));

/** @param now epoch seconds */
export function createSqliteCaptions(
  database: MetadataDatabase,
  changes: SqliteChanges,
  now: () => number,
): CaptionsStore {
  return {
    async findText(hash, lang) {
      const row = database.select().from(captions).where(isIn(hash, lang)).get();
      return row?.webvtt ?? null;
    },
    async list(hash) {
      const isOfVideo = hash === undefined ? undefined : eq(captions.hash, hash);
      return database.select(columns).from(captions).where(isOfVideo).orderBy(captions.hash, captions.lang).all();
    },
    async save({ hash, lang, label, webvtt }) {
      return database.transaction(
        (transaction) => {
          const video = transaction.select({ hash: videos.hash }).from(videos).where(eq(videos.hash, hash)).get();
          if (!video) return null;
          const before = transaction.select().from(captions).where(isIn(hash, lang)).get();
          if (before?.webvtt === webvtt && before.label === label) return before;
          const bytes = new TextEncoder().encode(webvtt).length;
          const updatedAt = Math.max(now(), (before?.updatedAt ?? 0) + minVersionSeconds);
          const fields = { label, webvtt, bytes, updatedAt };
          const saved = transaction
            .insert(captions)
            .values({ hash, lang, ...fields })
            .onConflictDoUpdate({ target: [captions.hash, captions.lang], set: fields })
            .returning(columns)
            .get();
          changes.add(transaction, "captions.changed", hash);
          return saved;
        },
        { behavior: "immediate" },
      );
    },
    async delete(hash, lang) {
      return database.transaction(
        (transaction) => {
          const deleted = transaction.delete(captions).where(isIn(hash, lang)).returning(columns).all();
          if (deleted.length === 0) return false;
          changes.add(transaction, "captions.changed", hash);
          return true;
        },
        { behavior: "immediate" },
      );
    },
  };
}
