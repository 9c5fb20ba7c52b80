/** What every store of captions keeps, whatever the database. */
import { describe, expect, test } from "bun:test";
import type { OpenStores } from "../videos/videos.suite.ts";

const webvtt = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nÜber\n";
const english = { hash: "a", lang: "en", label: null, webvtt };

export function captionsSuite(name: string, open: () => OpenStores | Promise<OpenStores>): void {
  /** The stores with the videos `a` and `b`. */
  async function setup() {
    const stores = await open();
    for (const hash of ["a", "b"]) {
      const nothing = { title: null, description: null, thumbnailFilename: null };
      await stores.videos.create({ hash, filename: "film.mp4", visibility: "public", ...nothing });
    }
    const { last } = await stores.changes.range();
    const changes = async () =>
      (await stores.changes.listAfter(last, 100)).map((change) => `${change.kind} ${change.hash}`);
    return { ...stores, made: changes, [Symbol.asyncDispose]: () => stores[Symbol.asyncDispose]() };
  }

  describe(`the store of captions in ${name}`, () => {
    test("captions are saved, read, listed and deleted, and each change is in the feed", async () => {
      await using stores = await setup();
      const { captions, clock } = stores;
      const saved = { hash: "a", lang: "en", label: null, bytes: 44, updatedAt: clock.now() };
      expect(await captions.save(english)).toEqual(saved);
      expect(await captions.findText("a", "en")).toBe(webvtt);
      await captions.save({ ...english, lang: "de", label: "Deutsch" });
      await captions.save({ ...english, hash: "b" });
      expect((await captions.list("a")).map(({ lang }) => lang)).toEqual(["de", "en"]);
      expect((await captions.list("a"))[1]).toEqual(saved);
      expect((await captions.list()).map(({ hash, lang }) => hash + lang)).toEqual(["ade", "aen", "ben"]);
      expect([await captions.delete("a", "en"), await captions.delete("a", "en")]).toEqual([true, false]);
      expect(await captions.findText("a", "en")).toBeNull();
      const kind = "captions.changed";
      expect(await stores.made()).toEqual([`${kind} a`, `${kind} a`, `${kind} b`, `${kind} a`]);
    });

    test("saving the same again is no change; two versions never have the same time", async () => {
      await using stores = await setup();
      const { captions } = stores;
      const first = await captions.save(english);
      expect(await captions.save(english)).toMatchObject({ updatedAt: first?.updatedAt });
      const second = await captions.save({ ...english, label: "English" });
      expect(second?.updatedAt).toBeGreaterThan(first?.updatedAt ?? Number.POSITIVE_INFINITY);
      expect(await stores.made()).toHaveLength(2);
      expect(await captions.list("a")).toHaveLength(1);
    });

    test("a video that does not exist has no captions, and takes them with it when it is deleted", async () => {
      await using stores = await setup();
      const { captions, videos } = stores;
      expect(await captions.save({ ...english, hash: "nobody" })).toBeNull();
      await captions.save(english);
      await videos.delete("a");
      expect([await captions.list(), await captions.findText("a", "en")]).toEqual([[], null]);
    });
  });
}
