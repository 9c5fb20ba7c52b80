/** Videos in `videos.db`. */
import { and, asc, count, desc, eq, getTableColumns, inArray, or, type SQL, sql } from "drizzle-orm";
import type { SqliteChanges } from "../changes/sqlite-changes.ts";
import type { VideoQuery } from "../contract.ts";
import { deletions, videos } from "../database/schema.ts";
import type { MetadataDatabase } from "../database/sqlite-database.ts";
import type { Outbox } from "../webhooks/sqlite-webhooks.ts";
import type { VideoEventType } from "../webhooks/state.ts";
import { presentVideo } from "./present-video.ts";
import type { VideoFields, VideoRecord, Videos } from "./store.ts";

/** @param now epoch seconds */
export function createSqliteVideos(
  database: MetadataDatabase,
  { changes, outbox, now }: { changes: SqliteChanges; outbox: Outbox; now: () => number },
): Videos {
  const select = (from: Pick<MetadataDatabase, "select">) => from.select(columns).from(videos);
  type Transaction = Parameters<Parameters<MetadataDatabase["transaction"]>[0]>[0];
  const atomically = <Value>(work: (transaction: Transaction) => Value): Value =>
    database.transaction(work, { behavior: "immediate" });

  function tell(transaction: Transaction, type: VideoEventType, hash: string): void {
    const data = () => {
      const row = select(transaction).where(isVideo(hash)).get();
      if (!row) throw new Error(`${type} of a video that is not there`);
      return presentVideo(recordOf(row));
    };
    outbox.add(transaction, { type, videoId: hash, data });
  }

  return {
    async find(hash) {
      const row = select(database).where(isVideo(hash)).get();
      return row ? recordOf(row) : null;
    },
    async deletedAt(hash) {
      const deletion = database.select().from(deletions).where(eq(deletions.hash, hash)).get();
      return deletion?.deletedAt ?? null;
    },
    async list(query) {
      const where = and(
        query.transcoding_status ? eq(videos.transcodingStatus, query.transcoding_status) : undefined,
        query.visibility ? eq(videos.visibility, query.visibility) : undefined,
        query.stopped ? eq(videos.stopped, Number(query.stopped)) : undefined,
        query.status ? inArray(shownStatus, query.status) : undefined,
        ...wordsOf(query.q).map(containsWord),
      );
      const rows = select(database)
        .where(where)
        .orderBy(...orders[query.sort])
        .limit(query.limit ?? -1)
        .offset(query.offset)
        .all();
      const total = database.select({ total: count() }).from(videos).where(where).get()?.total ?? 0;
      return { videos: rows.map(recordOf), total };
    },
    async listPrivate() {
      const rows = database.select({ hash: videos.hash }).from(videos).where(eq(videos.visibility, "private")).all();
      return rows.map(({ hash }) => hash);
    },
    async create(video) {
      return atomically((transaction) => {
        const id = { id: videos.id, hash: videos.hash };
        const known = transaction.select(id).from(videos).where(isVideo(video.hash)).get();
        if (known) return known;
        const times = { createdAt: now(), updatedAt: now() };
        const created = transaction
          .insert(videos)
          .values({ ...video, ...times })
          .returning(id)
          .get();
        transaction.delete(deletions).where(eq(deletions.hash, video.hash)).run();
        changes.add(transaction, "video.created", video.hash);
        tell(transaction, "video.created", video.hash);
        return created;
      });
    },
    async update(hash, fields, accepted) {
      return atomically((transaction) => {
        const before = select(transaction).where(isVideo(hash)).get();
        if (!before) return null;
        const found = before.transcodingStatus;
        if (accepted && !accepted.includes(found)) return { isUpdated: false, found };
        const next = fields.transcodingStatus ?? found;
        const playsNow = before.playableAt === null && (fields.isPlayable === true || next === "completed");
        transaction
          .update(videos)
          .set({ ...columnsOf(fields), ...(playsNow && { playableAt: now() }), updatedAt: now() })
          .where(isVideo(hash))
          .run();
        changes.add(transaction, "video.updated", hash);
        if (playsNow) tell(transaction, "video.playable", hash);
        if (next !== found && next === "completed") tell(transaction, "video.completed", hash);
        if (next !== found && next === "failed") tell(transaction, "video.failed", hash);
        return { isUpdated: true, found };
      });
    },
    async setStopped(hash, isStopped) {
      return atomically((transaction) => {
        const before = select(transaction).where(isVideo(hash)).get();
        if (!before || before.stopped === Number(isStopped)) return before !== undefined;
        transaction
          .update(videos)
          .set({ stopped: Number(isStopped), updatedAt: now() })
          .where(isVideo(hash))
          .run();
        changes.add(transaction, "video.updated", hash);
        return true;
      });
    },
    async delete(hash) {
      return atomically((transaction) => {
        const before = select(transaction).where(isVideo(hash)).get();
        if (!before) return null;
        tell(transaction, "video.deleted", hash);
        transaction.delete(videos).where(isVideo(hash)).run();
        transaction.insert(deletions).values({ hash, deletedAt: now() }).onConflictDoNothing().run();
        changes.add(transaction, "video.deleted", hash);
        return recordOf(before);
      });
    },
  };
}

const isVideo = (hash: string): SQL => eq(videos.hash, hash);

/** Written out: drizzle omits the table's name in a select from one table, and both tables here are `videos`. */
const duplicateOf = sql<string | null>`(
  select earlier.hash from videos as earlier
  where earlier.sha256 = videos.sha256 and (earlier.created_at, earlier.id) < (videos.created_at, videos.id)
  order by earlier.created_at, earlier.id limit 1)`;

const columns = { ...getTableColumns(videos), duplicateOf };
type Row = typeof videos.$inferSelect & { duplicateOf: string | null };

const recordOf = ({ stopped, ...same }: Row): VideoRecord => ({ ...same, isStopped: stopped === 1 });

/** What somebody chose is used; the default is taken by the statement that finds that there is none. */
function columnsOf({ defaultThumbnailFilename, isPlayable: _, ...fields }: VideoFields) {
  const takesDefault = defaultThumbnailFilename !== undefined && fields.thumbnailFilename === undefined;
  const chosenOrDefault = sql`coalesce(${videos.thumbnailFilename}, ${defaultThumbnailFilename})`;
  return { ...fields, ...(takesDefault ? { thumbnailFilename: chosenOrDefault } : {}) };
}

/** As `presentVideo` shows it. */
const shownStatus = sql`case when ${videos.stopped} = 1 and ${videos.transcodingStatus} <> 'completed' then 'stopped' else ${videos.transcodingStatus} end`;

const newestFirst = [desc(videos.createdAt), desc(videos.id)];
const orders: Record<VideoQuery["sort"], SQL[]> = {
  newest: newestFirst,
  oldest: [asc(videos.createdAt), asc(videos.id)],
  title: [sql`coalesce(${videos.title}, ${videos.filename}) collate nocase`, ...newestFirst],
  longest: [sql`${videos.duration} desc nulls last`, ...newestFirst],
  shortest: [sql`${videos.duration} asc nulls last`, ...newestFirst],
};

const wordsOf = (q: string | undefined): string[] => q?.split(/\s+/).filter((word) => word !== "") ?? [];

function containsWord(word: string): SQL | undefined {
  const pattern = `%${word.replace(/[\\%_]/g, "\\$&")}%`;
  const sought = [videos.title, videos.description, videos.filename];
  return or(...sought.map((column) => sql`${column} like ${pattern} escape '\\'`));
}
