import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blobStoreSuite } from "./blob-store.suite.ts";
import { createDirectoryStore } from "./directory-store.ts";

function open() {
  const directory = mkdtempSync(join(tmpdir(), "directory-store-"));
  const close = () => rmSync(directory, { recursive: true, force: true });
  return { directory, store: createDirectoryStore(join(directory, "storage")), close, [Symbol.dispose]: close };
}

blobStoreSuite("directory", open);

test("a key is a path below the directory", async () => {
  using place = open();
  await place.store.put("hls/a/init.mp4", "words");
  expect(place.store.locate("hls/a/init.mp4")).toBe(join(place.directory, "storage", "hls", "a", "init.mp4"));
  expect(await Bun.file(place.store.locate("hls/a/init.mp4")).text()).toBe("words");
});

test("a put that fails leaves no temporary file", async () => {
  using place = open();
  await place.store.put("hls/a/b", "words");
  // A file cannot take the place of a folder, which shows only at the end.
  expect(await place.store.put("hls/a", "words").catch((error) => error.code)).toBe("EISDIR");
  expect(await readdir(place.store.locate("hls"))).toEqual(["a"]);
});

test("a check leaves nothing, and fails where there can be no directory", async () => {
  using place = open();
  await place.store.check();
  expect(await readdir(join(place.directory, "storage"))).toEqual([]);
  await writeFile(join(place.directory, "a-file"), "");
  const store = createDirectoryStore(join(place.directory, "a-file"));
  for (const need of ["writes", "reads"] as const) {
    expect(await store.check(need).catch((error) => error)).toBeInstanceOf(Error);
  }
});
