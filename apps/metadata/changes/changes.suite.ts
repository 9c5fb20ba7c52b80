/** What every store of changes keeps, whatever the database. */
import { describe, expect, test } from "bun:test";
import type { OpenStores } from "../videos/videos.suite.ts";

export function changesSuite(name: string, open: () => OpenStores | Promise<OpenStores>): void {
  const create = ({ videos }: OpenStores, hash: string) =>
    videos.create({
      hash,
      filename: "film.mp4",
      title: null,
      description: null,
      thumbnailFilename: null,
      visibility: "public",
    });

  describe(`the store of changes in ${name}`, () => {
    test("changes ascend in the order in which they were made, and are read in pages", async () => {
      await using stores = await open();
      const { changes } = stores;
      expect(await changes.range()).toEqual({ first: null, last: 0 });
      for (const hash of ["a", "b", "c"]) await create(stores, hash);
      expect(await changes.range()).toEqual({ first: 1, last: 3 });
      const kind = "video.created";
      expect(await changes.listAfter(0, 2)).toEqual([
        { sequence: 1, kind, hash: "a" },
        { sequence: 2, kind, hash: "b" },
      ]);
      expect(await changes.listAfter(2, 2)).toEqual([{ sequence: 3, kind, hash: "c" }]);
      expect(await changes.listAfter(3, 2)).toEqual([]);
    });

    test("whoever waits is woken by the next change, which it can read by then", async () => {
      await using stores = await open();
      const { changes } = stores;
      for (const hash of ["a", "b"]) {
        const { last } = await changes.range();
        const woken = changes.next().then(() => changes.listAfter(last, 10));
        await create(stores, hash);
        expect(await woken).toMatchObject([{ hash }]);
      }
    });
  });
}
