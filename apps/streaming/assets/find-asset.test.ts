import { describe, expect, test } from "bun:test";
import { createTestMetadata } from "@video-backend/metadata/testing";
import type { BlobStore, StoredBlob } from "@video-backend/storage";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createWorld, transcript, until } from "@video-backend/testing";
import { createStreamingService } from "../service.ts";
import { testOptions } from "../testing.ts";
import { createFilesInMemory } from "./files-in-memory.ts";
import { createAssets } from "./find-asset.ts";

const playlist = "hls/film/720p/playlist.m3u8";
const segment = "hls/film/720p/segment-00001.m4s";
const kibibyte = 1024;

/** A store that counts how often content is read. */
function setup({ memoryBytes = 1024 * kibibyte, chance = 0, canPeek = true } = {}) {
  const world = createWorld();
  const directory = createDirectoryStore(world.path("storage"));
  let readings = 0;
  const counted = (stored: StoredBlob | null): StoredBlob | null =>
    stored && {
      sizeBytes: stored.sizeBytes,
      version: stored.version,
      modifiedAt: stored.modifiedAt,
      blob: new Proxy(stored.blob, {
        get(blob, name) {
          if (name === "bytes") readings++;
          const value = Reflect.get(blob, name, blob);
          return typeof value === "function" ? value.bind(blob) : value;
        },
      }),
    };
  const { peek, ...rest } = directory;
  const store: BlobStore = {
    ...rest,
    open: async (key) => counted(await directory.open(key)),
    ...(canPeek && peek ? { peek: (key: string) => counted(peek(key)) } : {}),
  };
  const assets = createAssets(
    store,
    createFilesInMemory(memoryBytes, () => chance),
    world.log,
  );
  return {
    world,
    store,
    assets,
    readings: () => readings,
    text: async (key: string) => (await (await assets.find(key))?.blob.text()) ?? null,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

describe.each([[true], [false]])("files in memory, where the store can look at once: %p", (canPeek) => {
  test("a playlist is read once, however often and by however many it is asked for", async () => {
    await using files = setup({ canPeek });
    await files.store.put(playlist, "one");
    const texts = await Promise.all(Array.from({ length: 100 }, () => files.text(playlist)));
    for (let again = 0; again < 100; again++) texts.push(await files.text(playlist));
    expect(new Set(texts)).toEqual(new Set(["one"]));
    expect(files.readings()).toBe(1);
  });

  test("what was put anew is what is served from then on, though as long and as old", async () => {
    await using files = setup({ canPeek });
    for (let round = 0; round < 50; round++) {
      await files.store.put(playlist, `content ${round % 10}`);
      expect(await files.text(playlist)).toBe(`content ${round % 10}`);
      expect(await files.text(playlist)).toBe(`content ${round % 10}`);
    }
  });

  test("what was deleted is gone, and its folder too", async () => {
    await using files = setup({ canPeek });
    await files.store.put(playlist, "one");
    expect(await files.text(playlist)).toBe("one");
    await files.store.remove("hls/film");
    expect(await files.text(playlist)).toBeNull();
    await files.store.put(playlist, "two");
    expect(await files.text(playlist)).toBe("two");
  });

  test("header and content are of one version while somebody writes", async () => {
    await using files = setup({ canPeek });
    await files.store.put(playlist, "x");
    let writing = true;
    let looks = 0;
    const write = (async () => {
      for (let length = 1; length <= 200; length++) await files.store.put(playlist, "x".repeat(length));
      writing = false;
    })();
    while (writing) {
      const asset = await files.assets.find(playlist);
      if (asset?.coded) {
        looks++;
        expect((await asset.blob.text()).length).toBe(asset.sizeBytes);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await write;
    expect(looks).toBeGreaterThan(0);
    expect(await files.text(playlist)).toBe("x".repeat(200));
  });
});

test("a segment is sent from its file, and now and then read for those who come after", async () => {
  const content = new Uint8Array(100 * kibibyte).fill(7);
  await using never = setup({ chance: 0.99 });
  await never.store.put(segment, content);
  for (let times = 0; times < 10; times++) expect((await never.assets.find(segment))?.sizeBytes).toBe(content.length);
  expect(never.readings()).toBe(0);

  await using always = setup({ chance: 0 });
  await always.store.put(segment, content);
  expect((await always.assets.find(segment))?.sizeBytes).toBe(content.length);
  // What is held is the same object each time.
  let last: unknown;
  await until("it is held", async () => {
    const before = last;
    last = await always.assets.find(segment);
    return last === before;
  });
  expect(await (await always.assets.find(segment))?.blob.bytes()).toEqual(content);
  expect(always.readings()).toBe(1);
});

test("no more is held than was allowed, and the rest is served all the same", async () => {
  await using files = setup({ memoryBytes: 200 * kibibyte });
  const keys = Array.from({ length: 20 }, (_, index) => `hls/film/720p/segment-${String(index).padStart(5, "0")}.m4s`);
  for (const [index, key] of keys.entries()) await files.store.put(key, new Uint8Array(30 * kibibyte).fill(index));
  const readAll = async () => {
    for (const [index, key] of keys.entries())
      expect((await (await files.assets.find(key))?.blob.bytes())?.[0]).toBe(index);
  };
  await readAll();
  expect(files.readings()).toBe(20);
  await readAll();
  // Six fit. In turn, the one that is asked for next is always the one that went.
  expect(files.readings()).toBe(40);
  for (const key of keys.slice(-6)) await files.assets.find(key);
  expect(files.readings()).toBe(40);
});

test("without room for it nothing is held, and everything is served", async () => {
  await using files = setup({ memoryBytes: 0 });
  await files.store.put(playlist, "one");
  expect(await files.text(playlist)).toBe("one");
  expect((await files.assets.find(playlist))?.coded).toBeNull();
});

test("originals are never read whole", async () => {
  await using files = setup();
  await files.store.put("originals/film/Film.mp4", "original");
  expect((await files.assets.find("originals/film/Film.mp4"))?.sizeBytes).toBe(8);
  expect(files.readings()).toBe(0);
});

test("a store that cannot look at once serves the same", async () => {
  await using files = setup({ canPeek: false });
  await files.store.put(playlist, "one");
  const metadata = createTestMetadata(files.world).client;
  const service = createStreamingService(testOptions(files.world, { store: files.store, metadata }));
  const send = transcript(service);
  const whole = await send("GET /stream/film/720p/playlist.m3u8");
  expect(whole).toMatchObject({ status: 200, body: "one" });
  const etag = whole.headers.get("etag") ?? "";
  expect((await send("GET /stream/film/720p/playlist.m3u8", { headers: { "if-none-match": etag } })).status).toBe(304);
  expect((await send("GET /stream/film/720p/none.m4s")).status).toBe(404);
});
