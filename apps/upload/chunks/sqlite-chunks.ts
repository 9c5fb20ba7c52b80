/** Chunks in `uploads.db`. */
import { and, asc, count, desc, eq, gt, isNotNull, lt, sql, sum } from "drizzle-orm";
import type { GroupCommit, UploadDatabase } from "../database/group-commit.ts";
import { chunks, uploads } from "../database/schema.ts";
import type { ChunkName, Chunks, InSource, Situation } from "./store.ts";

/**
 * What every chunk needs is prepared once: building the text of the statements took three quarters of the time of a small chunk.
 * Each is one look into an index. They run in whatever transaction is open on the connection.
 *
 * @param now epoch seconds
 */
export function createSqliteChunks(database: UploadDatabase, commit: GroupCommit, now: () => number): Chunks {
  const { index, offsetBytes, sizeBytes } = chunks;
  const key = { uploadId: sql.placeholder("uploadId"), index: sql.placeholder("index") };
  const isOfUpload = eq(chunks.uploadId, key.uploadId);
  const upload = database.select().from(uploads).where(eq(uploads.id, key.uploadId)).prepare();
  const chunk = database
    .select()
    .from(chunks)
    .where(and(isOfUpload, eq(index, key.index)))
    .prepare();
  const all = database.select().from(chunks).where(isOfUpload).orderBy(asc(index)).prepare();
  const counted = database.select({ count: count() }).from(chunks).where(isOfUpload).prepare();
  const inSource = () => database.select({ index, offsetBytes, sizeBytes }).from(chunks).limit(1).$dynamic();
  const isInSource = and(isOfUpload, isNotNull(offsetBytes));
  const before = inSource()
    .where(and(isInSource, lt(index, key.index)))
    .orderBy(desc(index))
    .prepare();
  const after = inSource()
    .where(and(isInSource, gt(index, key.index)))
    .orderBy(asc(index))
    .prepare();
  const put = database
    .insert(chunks)
    .values({
      ...key,
      offsetBytes: sql.placeholder("offsetBytes"),
      spool: sql.placeholder("spool"),
      sizeBytes: sql.placeholder("sizeBytes"),
      receivedAt: sql.placeholder("receivedAt"),
    })
    .onConflictDoUpdate({
      target: [chunks.uploadId, index],
      set: {
        offsetBytes: sql`excluded.offset_bytes`,
        spool: sql`excluded.spool`,
        sizeBytes: sql`excluded.size_bytes`,
        receivedAt: sql`excluded.received_at`,
      },
    })
    .prepare();
  const setReceived = database
    .update(uploads)
    .set({ receivedBytes: sql`${sql.placeholder("receivedBytes")}`, updatedAt: sql`${sql.placeholder("updatedAt")}` })
    .where(eq(uploads.id, key.uploadId))
    .prepare();

  function inspect(name: ChunkName): Situation | null {
    const { uploadId } = name;
    const row = upload.get({ uploadId });
    if (!row) return null;
    const present = chunk.get({ ...name }) ?? null;
    const { totalChunks, receivedBytes } = row;
    const isLast = name.index === totalChunks - 1;
    return {
      upload: row,
      present,
      otherBytes: receivedBytes - (present?.sizeBytes ?? 0),
      isOnlyMissing: isLast && !present && counted.get({ uploadId })?.count === totalChunks - 1,
    };
  }

  return {
    find: async (name) => chunk.get({ ...name }) ?? null,
    inspect: async (name) => inspect(name),
    neighbours: async (name) => ({ before: placed(before.get({ ...name })), after: placed(after.get({ ...name })) }),
    list: async (uploadId) => all.all({ uploadId }),
    acknowledge: (name, whole, check) =>
      commit(() => {
        const situation = inspect(name);
        check(situation);
        if (!situation) return null;
        const receivedBytes = situation.otherBytes + whole.sizeBytes;
        put.run({ ...name, ...whole, receivedAt: now() });
        setReceived.run({ uploadId: name.uploadId, receivedBytes, updatedAt: now() });
        return situation.present;
      }),
    setMoved: (uploadId, moves) =>
      commit((transaction) => {
        for (const move of moves) {
          const isStillIt = and(eq(chunks.uploadId, uploadId), eq(index, move.index), eq(chunks.spool, move.spool));
          transaction.update(chunks).set({ offsetBytes: move.offsetBytes, spool: null }).where(isStillIt).run();
        }
      }),
    forget: (uploadId, isLost) =>
      commit((transaction) => {
        const isThis = eq(chunks.uploadId, uploadId);
        for (const lost of all.all({ uploadId }).filter(isLost)) {
          transaction
            .delete(chunks)
            .where(and(isThis, eq(index, lost.index)))
            .run();
        }
        const bytes = sum(sizeBytes).mapWith(Number);
        const left = transaction.select({ bytes }).from(chunks).where(isThis).get();
        const receivedBytes = left?.bytes ?? 0;
        transaction.update(uploads).set({ receivedBytes }).where(eq(uploads.id, uploadId)).run();
      }),
  };
}

function placed(found: (Omit<InSource, "offsetBytes"> & { offsetBytes: number | null }) | undefined): InSource | null {
  return found && found.offsetBytes !== null ? { ...found, offsetBytes: found.offsetBytes } : null;
}
