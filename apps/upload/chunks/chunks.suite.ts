/** What every store of chunks keeps, whatever the database. */
import { describe, expect, test } from "bun:test";
import { ServiceError } from "@video-backend/service";
import { film, type OpenStores } from "../uploads/uploads.suite.ts";
import type { Situation } from "./store.ts";

const uploadId = "a";
const nothing = () => {};
const at = (index: number) => ({ uploadId, index });
const inPlace = (offsetBytes: number, sizeBytes: number) => ({ offsetBytes, spool: null, sizeBytes });
const spooled = (spool: string, sizeBytes: number) => ({ offsetBytes: null, spool, sizeBytes });

export function chunksSuite(name: string, open: () => OpenStores | Promise<OpenStores>): void {
  async function setup(totalChunks = 4) {
    const stores = await open();
    await stores.uploads.create(film(uploadId, { totalChunks }), nothing);
    const received = async () => (await stores.uploads.find(uploadId))?.receivedBytes;
    return { ...stores, received, [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose]() };
  }

  describe(`the store of chunks in ${name}`, () => {
    test("a chunk is acknowledged, found, listed and replaced, and the upload counts its bytes", async () => {
      await using stores = await setup();
      const { chunks, clock } = stores;
      expect([await chunks.find(at(2)), await chunks.list(uploadId)]).toEqual([null, []]);
      expect(await chunks.acknowledge(at(2), spooled("one", 5), nothing)).toBeNull();
      const first = { ...at(2), ...spooled("one", 5), receivedAt: clock.now() };
      expect(await chunks.find(at(2))).toEqual(first);
      clock.advance(1);
      expect(await chunks.acknowledge(at(0), inPlace(0, 3), nothing)).toBeNull();
      expect(await chunks.acknowledge(at(2), spooled("two", 7), nothing)).toEqual(first);
      const list = await chunks.list(uploadId);
      expect(list.map(({ index, spool, sizeBytes }) => [index, spool, sizeBytes])).toEqual([
        [0, null, 3],
        [2, "two", 7],
      ]);
      expect(await stores.received()).toBe(10);
      expect(await stores.uploads.find(uploadId)).toMatchObject({ updatedAt: clock.now() });
    });

    test("the check sees the situation inside the transaction, and a refused chunk leaves no row", async () => {
      await using stores = await setup(2);
      const { chunks } = stores;
      const seen: (Situation | null)[] = [];
      const record = (situation: Situation | null) => void seen.push(situation);
      const both = [chunks.acknowledge(at(1), inPlace(0, 1), record), chunks.acknowledge(at(1), inPlace(0, 2), record)];
      await Promise.all(both);
      expect(seen.map((situation) => situation?.present?.sizeBytes)).toEqual([undefined, 1]);
      const refusal = new ServiceError("conflict", "no");
      const refused = await chunks
        .acknowledge(at(0), inPlace(0, 9), () => {
          throw refusal;
        })
        .catch((error) => error);
      expect(refused).toBe(refusal);
      expect([await chunks.find(at(0)), await stores.received()]).toEqual([null, 2]);
      expect(await chunks.acknowledge({ uploadId: "nobody", index: 0 }, inPlace(0, 1), record)).toBeNull();
      expect(seen.at(-1)).toBeNull();
      expect(await chunks.list("nobody")).toEqual([]);
    });

    test("the situation of a chunk says what is acknowledged of it and of the others", async () => {
      await using stores = await setup(2);
      const { chunks } = stores;
      expect(await chunks.inspect({ uploadId: "nobody", index: 0 })).toBeNull();
      expect(await chunks.inspect(at(1))).toMatchObject({ present: null, otherBytes: 0, isOnlyMissing: false });
      await chunks.acknowledge(at(0), inPlace(0, 3), nothing);
      expect(await chunks.inspect(at(1))).toMatchObject({ present: null, otherBytes: 3, isOnlyMissing: true });
      await chunks.acknowledge(at(1), inPlace(3, 4), nothing);
      expect(await chunks.inspect(at(1))).toMatchObject({
        upload: { id: uploadId, receivedBytes: 7 },
        present: { index: 1 },
        otherBytes: 3,
        isOnlyMissing: false,
      });
    });

    test("neighbours are the nearest chunks in the source", async () => {
      await using stores = await setup(6);
      const { chunks } = stores;
      await chunks.acknowledge(at(0), inPlace(0, 3), nothing);
      await chunks.acknowledge(at(1), spooled("beside", 2), nothing);
      await chunks.acknowledge(at(4), inPlace(9, 2), nothing);
      const [first, last] = [
        { index: 0, offsetBytes: 0, sizeBytes: 3 },
        { index: 4, offsetBytes: 9, sizeBytes: 2 },
      ];
      expect(await chunks.neighbours(at(2))).toEqual({ before: first, after: last });
      expect(await chunks.neighbours(at(0))).toEqual({ before: null, after: last });
      expect(await chunks.neighbours(at(6))).toEqual({ before: last, after: null });
      expect(await chunks.neighbours({ uploadId: "nobody", index: 0 })).toEqual({ before: null, after: null });
    });

    test("a chunk is moved unless it was replaced in the meantime", async () => {
      await using stores = await setup();
      const { chunks } = stores;
      await chunks.acknowledge(at(0), spooled("old", 3), nothing);
      await chunks.acknowledge(at(1), spooled("kept", 3), nothing);
      await chunks.acknowledge(at(0), spooled("new", 4), nothing);
      await chunks.setMoved(uploadId, [
        { index: 0, spool: "old", offsetBytes: 0, sizeBytes: 3 },
        { index: 1, spool: "kept", offsetBytes: 3, sizeBytes: 3 },
      ]);
      expect(await chunks.list(uploadId)).toMatchObject([spooled("new", 4), inPlace(3, 3)]);
    });

    test("lost chunks are forgotten, and the upload counts what is left", async () => {
      await using stores = await setup();
      const { chunks } = stores;
      for (const index of [0, 1, 2]) await chunks.acknowledge(at(index), inPlace(index * 5, 5), nothing);
      await chunks.forget(uploadId, ({ index }) => index !== 1);
      expect((await chunks.list(uploadId)).map(({ index }) => index)).toEqual([1]);
      expect(await stores.received()).toBe(5);
      await chunks.forget(uploadId, () => true);
      expect(await stores.received()).toBe(0);
    });

    test("chunks are deleted with their upload", async () => {
      await using stores = await setup();
      await stores.chunks.acknowledge(at(0), inPlace(0, 1), nothing);
      await stores.uploads.delete(uploadId);
      expect(await stores.chunks.list(uploadId)).toEqual([]);
    });
  });
}
