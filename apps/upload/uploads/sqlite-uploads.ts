/** Uploads in `uploads.db`. */
import { and, asc, count, eq, inArray, isNotNull, isNull, lt, lte, ne, notInArray, or, sql } from "drizzle-orm";
import type { GroupCommit, UploadDatabase } from "../database/group-commit.ts";
import { chunks, expiredUploads, uploads, uploadTokens } from "../database/schema.ts";
import { unfinishedStates } from "./state.ts";
import type { Condition, UploadFields, Uploads } from "./store.ts";

/** @param now epoch seconds */
export function createSqliteUploads(database: UploadDatabase, commit: GroupCommit, now: () => number): Uploads {
  const { id, state, filename, storedName, updatedAt } = uploads;
  const sizes = {
    id,
    fileSizeBytes: uploads.fileSizeBytes,
    sourceSizeBytes: uploads.sourceSizeBytes,
    appendedBytes: uploads.appendedBytes,
    receivedBytes: uploads.receivedBytes,
  };
  const isUnfinished = inArray(state, ["receiving", ...unfinishedStates]);
  // Read with each chunk, so they are prepared once.
  const byId = database
    .select()
    .from(uploads)
    .where(eq(id, sql.placeholder("id")))
    .prepare();
  const unfinished = database.select(sizes).from(uploads).where(isUnfinished).prepare();

  const update = (condition: Condition & { id: string }, fields: UploadFields) =>
    database
      .update(uploads)
      .set({ ...fields, updatedAt: now() })
      .where(matches(condition))
      .returning()
      .get() ?? null;

  return {
    find: async (uploadId) => byId.get({ id: uploadId }) ?? null,
    async create(upload, admit, tokenId = null) {
      return database.transaction(
        (transaction) => {
          if (tokenId !== null) {
            const isUnused = and(eq(uploadTokens.id, tokenId), isNull(uploadTokens.uploadId));
            const used = transaction
              .update(uploadTokens)
              .set({ uploadId: upload.id })
              .where(isUnused)
              .returning()
              .all();
            if (used.length === 0) return false;
          }
          const isOpenOfClient = and(eq(uploads.client, upload.client ?? ""), eq(state, "receiving"));
          const open = transaction.select({ count: count() }).from(uploads).where(isOpenOfClient).get();
          admit({ openOfClient: open?.count ?? 0, unfinished: unfinished.all() });
          const times = { createdAt: now(), updatedAt: now() };
          transaction
            .insert(uploads)
            .values({ ...upload, ...times })
            .run();
          return true;
        },
        { behavior: "immediate" },
      );
    },
    update: async (uploadId, fields, condition) => update({ ...condition, id: uploadId }, fields),
    advance: (uploadId, from, to) =>
      commit((transaction) => {
        const isAt = and(matches({ id: uploadId, states: ["receiving"] }), eq(uploads.appendedBytes, from));
        const fields = { appendedBytes: to, updatedAt: now() };
        return transaction.update(uploads).set(fields).where(isAt).returning({ id }).all().length > 0;
      }),
    close: (uploadId, sha256, check) =>
      commit((transaction) => {
        const upload = byId.get({ id: uploadId });
        const expectedSha256 = sha256 ?? upload?.expectedSha256 ?? null;
        if (upload?.state === "completing") return update({ id: uploadId }, { expectedSha256 });
        if (upload?.state !== "receiving") return null;
        const isOfUpload = eq(chunks.uploadId, uploadId);
        const received = transaction
          .select({ index: chunks.index })
          .from(chunks)
          .where(isOfUpload)
          .orderBy(chunks.index);
        check(
          upload,
          received.all().map(({ index }) => index),
        );
        return update({ id: uploadId }, { state: "completing", error: null, expectedSha256 });
      }),
    finish: (uploadId, source) =>
      commit((transaction) => {
        const finished = update({ id: uploadId, states: ["completing"] }, { ...source, state: "stored", error: null });
        if (finished) transaction.delete(chunks).where(eq(chunks.uploadId, uploadId)).run();
        return finished;
      }),
    async delete(uploadId, condition) {
      const isIt = matches({ ...condition, id: uploadId });
      return database.delete(uploads).where(isIt).returning().get() ?? null;
    },
    async expire(uploadId, condition) {
      const isIt = matches({ ...condition, id: uploadId });
      return database.transaction(
        (transaction) => {
          const expired = transaction.delete(uploads).where(isIt).returning().get();
          if (!expired) return null;
          const { id: expiredId, filename: name, title, createdAt } = expired;
          const receivedBytes = expired.appendedBytes ?? expired.receivedBytes;
          const kept = { id: expiredId, filename: name, title, createdAt, receivedBytes, expiredAt: now() };
          transaction.insert(expiredUploads).values(kept).onConflictDoNothing().run();
          return expired;
        },
        { behavior: "immediate" },
      );
    },
    listExpired: async () => database.select().from(expiredUploads).orderBy(asc(expiredUploads.expiredAt)).all(),
    async forgetExpired(uploadId) {
      database.delete(expiredUploads).where(eq(expiredUploads.id, uploadId)).run();
    },
    list: async () => database.select({ id, state, filename, storedName, updatedAt }).from(uploads).all(),
    countOpen: async () => database.$count(uploads, eq(state, "receiving")),
    listUnfinished: async () => unfinished.all(),
    async listDue(at) {
      const isFull = and(
        eq(state, "receiving"),
        eq(uploads.appendedBytes, uploads.fileSizeBytes),
        isNull(uploads.sourceUrl),
      );
      const isDue = and(or(inArray(state, unfinishedStates), isFull), lte(uploads.nextTryAt, at));
      const due = database.select({ id }).from(uploads).where(isDue).orderBy(asc(uploads.nextTryAt)).all();
      return due.map((one) => one.id);
    },
    async listDueFetches(at) {
      const isDue = and(isFetch, lte(uploads.nextTryAt, at));
      const order = [asc(uploads.nextTryAt), asc(uploads.createdAt)];
      const due = database
        .select({ id })
        .from(uploads)
        .where(isDue)
        .orderBy(...order)
        .all();
      return due.map((one) => one.id);
    },
    async keepFetches(staleSince) {
      const isStale = and(isFetch, lte(updatedAt, staleSince));
      database.update(uploads).set({ updatedAt: now() }).where(isStale).run();
    },
    async nextUnhashed(except) {
      const isUnhashed = and(eq(uploads.sha256Told, false), inArray(state, ["registered", "handed_over"]));
      const isNext = and(isUnhashed, notInArray(id, [...except]));
      return database.select({ id }).from(uploads).where(isNext).orderBy(asc(uploads.createdAt)).get()?.id ?? null;
    },
    listIdle: async (since) =>
      database
        .select()
        .from(uploads)
        .where(and(eq(state, "receiving"), lte(updatedAt, since)))
        .all(),
    async findDuplicate({ id: uploadId, sha256, createdAt }) {
      if (sha256 === null) return null;
      const isSame = and(eq(uploads.sha256, sha256), isNotNull(uploads.sourceSizeBytes), ne(id, uploadId));
      const isEarlier = or(lt(uploads.createdAt, createdAt), and(eq(uploads.createdAt, createdAt), lt(id, uploadId)));
      const order = [asc(uploads.createdAt), asc(id)];
      const first = database
        .select({ id })
        .from(uploads)
        .where(and(isSame, isEarlier))
        .orderBy(...order)
        .get();
      return first?.id ?? null;
    },
  };
}

/** A fetch that is not complete and still tried. */
const isFetch = and(eq(uploads.state, "receiving"), isNotNull(uploads.sourceUrl), eq(uploads.fetchGivenUp, false));

const matches = ({ id, states, isSizeUnknown, idleSince }: Condition & { id: string }) =>
  and(
    eq(uploads.id, id),
    states && inArray(uploads.state, [...states]),
    isSizeUnknown && isNull(uploads.fileSizeBytes),
    idleSince === undefined ? undefined : lte(uploads.updatedAt, idleSince),
  );
