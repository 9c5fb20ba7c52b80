/**
 * What every BlobStore promises, as tests. An adapter's own test file calls this with a way to open an empty store.
 *
 * @example blobStoreSuite("directory", () => ({ store: createDirectoryStore(directory), close: () => rm(directory) }))
 */
import { describe, expect, test } from "bun:test";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlobStore, StoredBlob } from "./blob-store.ts";
import { InvalidKeyError } from "./layout.ts";

export interface OpenedStore {
  store: BlobStore;
  close: () => unknown;
}

const hostileKeys = [
  "",
  ".",
  "..",
  "/etc/passwd",
  "../outside",
  "hls/../../outside",
  "hls/./a",
  "hls//a",
  "hls/",
  "hls\\..\\outside",
  "hls/a\u0000.m4s",
  "hls/a\n",
  `hls/${"x".repeat(2000)}`,
];

/** Runs the suite; `open` gives each test a store of its own, with nothing in it. */
export function blobStoreSuite(name: string, open: () => OpenedStore | Promise<OpenedStore>): void {
  async function setup() {
    const { store, close } = await open();
    const local = await mkdtemp(join(tmpdir(), "blob-store-"));
    const text = async (key: string) => (await store.open(key))?.blob.text();
    return {
      store,
      text,
      local,
      async [Symbol.asyncDispose]() {
        await close();
        await rm(local, { recursive: true, force: true });
      },
    };
  }

  describe(`a BlobStore: ${name}`, () => {
    test("gives back what was put, with its size and time", async () => {
      await using place = await setup();
      const before = Date.now();
      await place.store.put("hls/a/720p/init.mp4", "0123456789");
      const stored = await place.store.open("hls/a/720p/init.mp4");
      expect(stored?.sizeBytes).toBe(10);
      expect(await stored?.blob.text()).toBe("0123456789");
      expect(await stored?.blob.slice(2, 5).text()).toBe("234");
      expect(Math.abs((stored?.modifiedAt.getTime() ?? 0) - before)).toBeLessThan(60_000);
    });

    test("takes text, bytes and blobs, and nothing at all", async () => {
      await using place = await setup();
      await place.store.put("a/text", "words");
      await place.store.put("a/bytes", new Uint8Array([119, 111]));
      await place.store.put("a/blob", new Blob(["w", "o"]));
      await place.store.put("a/empty", "");
      expect(await Promise.all(["a/text", "a/bytes", "a/blob", "a/empty"].map(place.text))).toEqual([
        "words",
        "wo",
        "wo",
        "",
      ]);
    });

    test("takes names in any language", async () => {
      await using place = await setup();
      await place.store.put("originals/a/Übung – №1, fin.mp4", "words");
      expect(await place.text("originals/a/Übung – №1, fin.mp4")).toBe("words");
    });

    test("has nothing where nothing was put, and no content in a folder", async () => {
      await using place = await setup();
      await place.store.put("hls/a/b", "words");
      for (const key of ["hls/none", "none", "hls/a", "hls/a/b/c", `hls/${"x".repeat(300)}`]) {
        expect(await place.store.open(key)).toBeNull();
      }
    });

    test("says what is there, files and folders", async () => {
      await using place = await setup();
      await place.store.put("hls/a/b", "words");
      const there = (keys: string[]) => Promise.all(keys.map((key) => place.store.exists(key)));
      expect(await there(["hls", "hls/a", "hls/a/b"])).toEqual([true, true, true]);
      expect(await there(["hl", "hls/a/c", "hls/a/b/c", `hls/${"x".repeat(300)}`])).toEqual([
        false,
        false,
        false,
        false,
      ]);
    });

    test("lists the names directly below a key, and none where there is no folder", async () => {
      await using place = await setup();
      for (const key of ["a/1", "a/.2", "a/deep/3", "ab/4"]) await place.store.put(key, "words");
      expect((await place.store.list("a")).sort()).toEqual([".2", "1", "deep"]);
      for (const key of ["none", "none/deep", "a/1", "a/1/x", "x".repeat(300)]) {
        expect(await place.store.list(key)).toEqual([]);
      }
    });

    test("puts again over what was there", async () => {
      await using place = await setup();
      await place.store.put("a/b", "a long content");
      await place.store.put("a/b", "short");
      expect(await place.text("a/b")).toBe("short");
    });

    test("has another version for another content, as soon as it is there, and the same for the same", async () => {
      await using place = await setup();
      const versions = new Set<string>();
      for (let round = 0; round < 50; round++) {
        await place.store.put("a/b", String(round % 10));
        const stored = await place.store.open("a/b");
        expect(stored?.version).toMatch(/^[A-Za-z0-9-]+$/);
        expect((await place.store.open("a/b"))?.version).toBe(stored?.version as string);
        versions.add(stored?.version ?? "");
      }
      expect(versions.size).toBe(50);
    });

    test("sees at once, where it can, what opening finds", async () => {
      await using place = await setup();
      if (!place.store.peek) return;
      await place.store.put("hls/a/b", "words");
      const { blob, ...facts } = { ...((await place.store.open("hls/a/b")) as StoredBlob) };
      const seen = place.store.peek("hls/a/b");
      expect({ ...seen }).toMatchObject(facts);
      expect(await seen?.blob.text()).toBe(await blob.text());
      for (const key of ["hls/none", "hls/a", "hls/a/b/c", `hls/${"x".repeat(300)}`]) {
        expect(place.store.peek(key)).toBeNull();
      }
    });

    test("never shows a part of what is being put", async () => {
      await using place = await setup();
      const sizeBytes = 16 * 1024 * 1024;
      await place.store.put("a/b", new Uint8Array(sizeBytes));
      let writing = true;
      const writes = (async () => {
        for (let round = 1; round <= 8; round++) await place.store.put("a/b", new Uint8Array(sizeBytes).fill(round));
        writing = false;
      })();
      const look = async () => {
        do {
          const stored = await place.store.open("a/b");
          expect(stored?.sizeBytes).toBe(sizeBytes);
          const bytes = (await stored?.blob.bytes()) ?? new Uint8Array();
          expect(bytes.length).toBe(sizeBytes);
          expect(bytes.at(-1)).toBe(bytes[0] as number);
        } while (writing);
      };
      await Promise.all([writes, look(), look(), look()]);
    });

    test("keeps the former content when a put fails, and leaves nothing behind", async () => {
      await using place = await setup();
      await place.store.put("a/b", "former");
      const unreadable = Bun.file(join(place.local, "none"));
      expect(await place.store.put("a/b", unreadable).catch(() => "refused")).toBe("refused");
      expect(await place.store.put("a/c", unreadable).catch(() => "refused")).toBe("refused");
      expect(await place.text("a/b")).toBe("former");
      expect(await place.store.exists("a/c")).toBe(false);
    });

    test("two puts at once end as one of them", async () => {
      await using place = await setup();
      const contents = ["first", "second", "third"];
      await Promise.all(contents.map((content) => place.store.put("a/b", content)));
      expect(contents).toContain((await place.text("a/b")) ?? "");
    });

    test("adopts a local file, which is gone from its old place", async () => {
      await using place = await setup();
      const path = join(place.local, "finished.m4s");
      await writeFile(path, "words");
      await place.store.put("hls/a/segment.m4s", "former");
      await place.store.adopt(path, "hls/a/segment.m4s");
      expect(await place.text("hls/a/segment.m4s")).toBe("words");
      expect(await stat(path).catch((error) => error.code)).toBe("ENOENT");
    });

    test("cannot adopt what is not there", async () => {
      await using place = await setup();
      const adopting = place.store.adopt(join(place.local, "none"), "hls/a/b").catch(() => "refused");
      expect(await adopting).toBe("refused");
      expect(await place.store.open("hls/a/b")).toBeNull();
    });

    test("removes a file, and a folder with all in it, and nothing beside them", async () => {
      await using place = await setup();
      for (const key of ["hls/a/1", "hls/a/deep/2", "hls/ab/3", "hls/b"]) await place.store.put(key, "words");
      await place.store.remove("hls/b");
      await place.store.remove("hls/a");
      expect(await place.store.exists("hls/b")).toBe(false);
      expect(await place.store.exists("hls/a")).toBe(false);
      expect(await place.text("hls/ab/3")).toBe("words");
      await place.store.remove("hls/a");
    });

    test.each(hostileKeys)("refuses a key that may lead elsewhere: %j", async (key) => {
      await using place = await setup();
      const { store } = place;
      const path = join(place.local, "file");
      await writeFile(path, "words");
      const tries = [
        () => store.open(key),
        async () => (store.peek ?? store.locate)(key),
        () => store.put(key, "words"),
        () => store.adopt(path, key),
        () => store.remove(key),
        () => store.exists(key),
        () => store.list(key),
        async () => store.locate(key),
      ];
      for (const attempt of tries) expect(await attempt().catch((error) => error)).toBeInstanceOf(InvalidKeyError);
      expect(await Bun.file(path).text()).toBe("words");
    });

    test("checks that it can be written to and read from", async () => {
      await using place = await setup();
      await place.store.check();
      await place.store.check("reads");
    });
  });
}
