/** What every store of uploads keeps, whatever the database. */
import { describe, expect, test } from "bun:test";
import { ServiceError } from "@video-backend/service";
import type { Clock } from "@video-backend/testing";
import type { UploadDeps } from "../deps.ts";
import type { Admission, NewUploadRecord, UploadState } from "./store.ts";

export interface OpenStores extends Pick<UploadDeps, "uploads" | "chunks" | "tokens">, AsyncDisposable {
  clock: Clock;
}

export const film = (id: string, more: Partial<NewUploadRecord> = {}): NewUploadRecord => ({
  id,
  filename: "film.mp4",
  storedName: null,
  title: null,
  totalChunks: 2,
  fileSizeBytes: null,
  chunkSizeBytes: null,
  appendedBytes: null,
  sourceUrl: null,
  uploadMetadata: null,
  client: null,
  visibility: null,
  maxBytes: null,
  ...more,
});

const admitAll = () => {};
const refusal = new ServiceError("conflict", "no");
const refuse = () => {
  throw refusal;
};

export function uploadsSuite(name: string, open: () => OpenStores | Promise<OpenStores>): void {
  /** The stores with an upload in each of these states, whose id is the name of the state. */
  async function inStates(...states: UploadState[]) {
    const stores = await open();
    for (const state of states) {
      await stores.uploads.create(film(state), admitAll);
      const sourceSizeBytes = state === "receiving" || state === "completing" ? null : 5;
      await stores.uploads.update(state, { state, sourceSizeBytes });
    }
    return stores;
  }
  const add = ({ chunks }: OpenStores, uploadId: string, index: number, sizeBytes: number) =>
    chunks.acknowledge({ uploadId, index }, { offsetBytes: 0, spool: null, sizeBytes }, () => {});

  describe(`the store of uploads in ${name}`, () => {
    test("open uploads are counted", async () => {
      await using stores = await inStates("receiving", "completing", "stored", "handed_over", "refused");
      await stores.uploads.create(film("another"), admitAll);
      expect(await stores.uploads.countOpen()).toBe(2);
    });

    test("an upload is created, found, updated and deleted", async () => {
      await using stores = await open();
      const { uploads, clock } = stores;
      expect(await uploads.find("a")).toBeNull();
      const request = film("a", { title: "A", fileSizeBytes: 10, client: "192.0.2.1" });
      await uploads.create(request, admitAll);
      const created = {
        ...request,
        state: "receiving" as const,
        receivedBytes: 0,
        sourceValidator: null,
        fetchGivenUp: false,
        sourceSizeBytes: null,
        expectedSha256: null,
        sha256: null,
        sha256Told: false,
        failedTries: 0,
        nextTryAt: 0,
        error: null,
        createdAt: clock.now(),
        updatedAt: clock.now(),
      };
      expect(await uploads.find("a")).toEqual(created);
      clock.advance(1.5);
      const updated = { ...created, error: "why", failedTries: 2, sha256Told: true, updatedAt: clock.now() };
      expect(await uploads.update("a", { error: "why", failedTries: 2, sha256Told: true })).toEqual(updated);
      expect(await uploads.delete("a")).toEqual(updated);
      expect([await uploads.delete("a"), await uploads.find("a"), await uploads.update("a", {})]).toEqual([
        null,
        null,
        null,
      ]);
    });

    test("of uploads that are created at once, each is admitted by those before it; a refused one leaves nothing", async () => {
      await using stores = await open();
      const { uploads } = stores;
      const seen: Admission[] = [];
      const creating = ["a", "b", "c"].map((id) =>
        uploads.create(film(id, { client: "x", fileSizeBytes: 7 }), (existing) => {
          seen.push(existing);
          if (existing.openOfClient === 2) throw refusal;
        }),
      );
      expect((await Promise.allSettled(creating)).map(({ status }) => status).toSorted()).toEqual([
        "fulfilled",
        "fulfilled",
        "rejected",
      ]);
      expect(seen.map(({ openOfClient }) => openOfClient)).toEqual([0, 1, 2]);
      expect(seen[1]?.unfinished).toMatchObject([{ fileSizeBytes: 7, receivedBytes: 0 }]);
      expect(await uploads.list()).toHaveLength(2);
      await uploads.create(film("other", { client: "y" }), ({ openOfClient }) => expect(openOfClient).toBe(0));
    });

    test("an update or a delete is made only while its condition holds", async () => {
      await using stores = await inStates("receiving", "stored");
      const { uploads, clock } = stores;
      const states = ["stored"] as const;
      expect(await uploads.update("receiving", { error: "x" }, { states })).toBeNull();
      expect(await uploads.update("stored", { error: "x" }, { states })).toMatchObject({ error: "x" });
      const isSizeUnknown = true;
      expect(await uploads.update("receiving", { fileSizeBytes: 3 }, { isSizeUnknown })).not.toBeNull();
      expect(await uploads.update("receiving", { fileSizeBytes: 4 }, { isSizeUnknown })).toBeNull();
      const idleSince = clock.now();
      clock.advance(1);
      await uploads.update("receiving", { error: null });
      expect(await uploads.delete("receiving", { idleSince })).toBeNull();
      expect(await uploads.delete("stored", { idleSince, states: ["receiving"] })).toBeNull();
      expect(await uploads.delete("stored", { idleSince, states })).not.toBeNull();
      const both = [1, 2].map(() => uploads.update("receiving", { state: "completing" }, { states: ["receiving"] }));
      expect((await Promise.all(both)).filter((moved) => moved !== null)).toHaveLength(1);
    });

    test("what is to be told of an expired upload is kept with its deletion, until it is forgotten", async () => {
      await using stores = await inStates("receiving", "stored");
      const { uploads, clock } = stores;
      await add(stores, "receiving", 0, 4);
      await uploads.create(film("stream", { appendedBytes: 0, title: "Film" }), admitAll);
      await uploads.advance("stream", 0, 7);
      const condition = { states: ["receiving"], idleSince: clock.now() } as const;
      const createdAt = clock.now();
      expect(await uploads.expire("stored", condition)).toBeNull();
      expect(await uploads.expire("receiving", { ...condition, idleSince: clock.now() - 1 })).toBeNull();
      expect(await uploads.listExpired()).toEqual([]);
      expect(await uploads.expire("receiving", condition)).toMatchObject({ id: "receiving" });
      clock.advance(1);
      const idleSince = clock.now();
      expect(await uploads.expire("stream", { ...condition, idleSince })).toMatchObject({ id: "stream" });
      expect([await uploads.find("receiving"), await uploads.expire("receiving", condition)]).toEqual([null, null]);
      const same = { filename: "film.mp4", createdAt };
      expect(await uploads.listExpired()).toEqual([
        { ...same, id: "receiving", title: null, receivedBytes: 4, expiredAt: createdAt },
        { ...same, id: "stream", title: "Film", receivedBytes: 7, expiredAt: createdAt + 1 },
      ]);
      await uploads.forgetExpired("receiving");
      expect((await uploads.listExpired()).map(({ id }) => id)).toEqual(["stream"]);
    });

    test("the end of a stream advances only from where it is, while the upload is receiving", async () => {
      await using stores = await open();
      const { uploads } = stores;
      await uploads.create(film("a", { appendedBytes: 0 }), admitAll);
      expect(await uploads.advance("a", 0, 5)).toBeTrue();
      expect(await uploads.advance("a", 0, 9)).toBeFalse();
      expect(await uploads.find("a")).toMatchObject({ appendedBytes: 5 });
      await uploads.close("a", null, () => {});
      expect(await uploads.advance("a", 5, 9)).toBeFalse();
      expect(await uploads.advance("nobody", 0, 9)).toBeFalse();
    });

    test("an upload is closed with what is checked in the same transaction, once, and finished without its chunks", async () => {
      await using stores = await open();
      const { uploads, chunks } = stores;
      await uploads.create(film("a"), admitAll);
      await add(stores, "a", 1, 3);
      await add(stores, "a", 0, 4);
      const failed = await uploads.close("a", "ab", refuse).catch((error) => error);
      expect(failed).toBe(refusal);
      expect(await uploads.find("a")).toMatchObject({ state: "receiving", expectedSha256: null });
      expect(await uploads.finish("a", { sourceSizeBytes: 7, sha256: null })).toBeNull();
      const closed = await uploads.close("a", "ab", (upload, indexes) => {
        expect([upload.receivedBytes, indexes]).toEqual([7, [0, 1]]);
      });
      expect(closed).toMatchObject({ state: "completing", expectedSha256: "ab" });
      expect(await uploads.close("a", null, refuse)).toMatchObject({ state: "completing", expectedSha256: "ab" });
      expect(await uploads.close("a", "cd", refuse)).toMatchObject({ expectedSha256: "cd" });
      const finished = await uploads.finish("a", { sourceSizeBytes: 7, sha256: "cd" });
      expect(finished).toMatchObject({ state: "stored", sourceSizeBytes: 7, sha256: "cd" });
      expect(await chunks.list("a")).toEqual([]);
      expect(await uploads.close("a", null, admitAll)).toBeNull();
      expect(await uploads.close("nobody", null, admitAll)).toBeNull();
    });

    test("what is due for the background loops is listed, the longest due first", async () => {
      await using stores = await inStates("receiving", "completing", "stored", "registered", "handed_over", "refused");
      const { uploads, clock } = stores;
      const now = clock.now();
      await uploads.update("stored", { nextTryAt: now - 5 });
      await uploads.update("registered", { nextTryAt: now + 5 });
      await uploads.create(film("full", { appendedBytes: 3, fileSizeBytes: 3 }), admitAll);
      await uploads.update("full", { nextTryAt: now - 9 });
      await uploads.create(film("filling", { appendedBytes: 2, fileSizeBytes: 3 }), admitAll);
      expect(await uploads.listDue(now)).toEqual(["completing", "full", "stored"]);
      const unfinished = (await uploads.listUnfinished()).map(({ id }) => id);
      expect(unfinished.toSorted()).toEqual(["completing", "filling", "full", "receiving", "registered", "stored"]);
      expect((await uploads.list()).map(({ id }) => id)).toHaveLength(8);
    });

    test("fetches are listed until they are given up or complete, and do not become idle", async () => {
      await using stores = await open();
      const { uploads, clock } = stores;
      for (const id of ["a", "b", "c", "given up", "later"]) {
        await uploads.create(film(id, { appendedBytes: 0, sourceUrl: "https://films.example/" }), admitAll);
        clock.advance(1);
      }
      const now = clock.now();
      await uploads.update("given up", { fetchGivenUp: true });
      await uploads.update("later", { nextTryAt: now + 1 });
      await uploads.update("a", { nextTryAt: now });
      await uploads.create(film("no fetch", { appendedBytes: 0 }), admitAll);
      expect(await uploads.listDueFetches(now)).toEqual(["b", "c", "a"]);
      clock.advance(100);
      await uploads.keepFetches(clock.now() - 100);
      const idle = (await uploads.listIdle(clock.now() - 1)).map(({ id }) => id);
      expect(idle.toSorted()).toEqual(["given up", "no fetch"]);
      expect(await uploads.listIdle(now - 50)).toEqual([]);
    });

    test("a source that is not hashed is found once it is registered, the oldest first", async () => {
      await using stores = await inStates("stored", "refused", "registered", "handed_over");
      const { uploads, clock } = stores;
      clock.advance(1);
      await uploads.create(film("later"), admitAll);
      await uploads.update("later", { state: "handed_over", sourceSizeBytes: 1 });
      const first = [await uploads.nextUnhashed([]), await uploads.nextUnhashed(["registered", "handed_over"])];
      expect(["registered", "handed_over"]).toContain(first[0] ?? "");
      expect(first[1]).toBe("later");
      await uploads.update("later", { sha256Told: true });
      expect(await uploads.nextUnhashed(["registered", "handed_over"])).toBeNull();
    });

    test("the first of identical sources is no duplicate, and the others are its duplicates", async () => {
      await using stores = await open();
      const { uploads, clock } = stores;
      for (const id of ["b", "a", "open", "other"]) {
        await uploads.create(film(id), admitAll);
        const stored = { state: "stored", sourceSizeBytes: 1 } as const;
        await uploads.update(id, { sha256: id === "other" ? "2" : "1", ...(id !== "open" && stored) });
        clock.advance(1);
      }
      const duplicateOf = async (id: string) => {
        const upload = await uploads.find(id);
        return upload && uploads.findDuplicate(upload);
      };
      expect(await Promise.all(["b", "a", "open", "other"].map(duplicateOf))).toEqual([null, "b", "b", null]);
    });
  });
}
