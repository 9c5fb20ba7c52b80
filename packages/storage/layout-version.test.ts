import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDirectoryStore } from "./directory-store.ts";
import { checkLayout } from "./layout-version.ts";

function setup() {
  const directory = mkdtempSync(join(tmpdir(), "layout-"));
  const store = createDirectoryStore(directory);
  return {
    store,
    file: join(directory, "layout.json"),
    names: () => readdir(directory),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

test("a storage without the file is of version 1, and is marked so once", async () => {
  using place = setup();
  await place.store.put("hls/a/master.m3u8", "#EXTM3U");
  await checkLayout(place.store);
  expect(await readFile(place.file, "utf8")).toBe('{"version":1}\n');
  await checkLayout(place.store);
  expect((await place.names()).sort()).toEqual(["hls", "layout.json"]);
});

test("whoever only reads marks nothing", async () => {
  using place = setup();
  await checkLayout(place.store, "reads");
  expect(await place.names()).toEqual([]);
});

test("an empty file, which a power cut may leave, is written again", async () => {
  using place = setup();
  await writeFile(place.file, "");
  await checkLayout(place.store);
  expect(await readFile(place.file, "utf8")).toBe('{"version":1}\n');
});

test("a newer version, and what is no version, is refused with a sentence, and nothing is changed", async () => {
  using place = setup();
  for (const text of ['{"version":2}', '{"version":0}', '{"version":"1"}', "null", "not JSON"]) {
    await writeFile(place.file, text);
    for (const need of ["writes", "reads"] as const) {
      await expect(checkLayout(place.store, need)).rejects.toThrow(place.file);
    }
    expect(await readFile(place.file, "utf8")).toBe(text);
    expect(await place.names()).toEqual(["layout.json"]);
  }
  await writeFile(place.file, '{"version":2}');
  await expect(checkLayout(place.store)).rejects.toThrow(
    "The storage has layout version 2, and this software knows versions up to 1",
  );
});

test("a storage into which a restore is not finished is refused, with the name of the backup", async () => {
  using place = setup();
  await writeFile(place.file, '{"restoring":"20261128T090221Z"}');
  await expect(checkLayout(place.store)).rejects.toThrow(
    "The restore of 20261128T090221Z into this storage is not finished",
  );
});
