/** Moves between file systems. `/dev/shm` is another one on every Linux; a full one has to be mounted, which needs root. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blobStoreSuite } from "./blob-store.suite.ts";
import { createDirectoryStore, moveNeedsCopy } from "./directory-store.ts";

const memory = "/dev/shm";
const isOther = existsSync(memory) && statSync(memory).dev !== statSync(tmpdir()).dev;
const mebibyte = 1024 * 1024;

/** A store whose `originals` is a link to a folder on another file system. */
function setup() {
  const directory = mkdtempSync(join(tmpdir(), "move-file-"));
  const elsewhere = mkdtempSync(join(memory, "move-file-"));
  symlinkSync(elsewhere, join(directory, "originals"));
  const close = () => {
    for (const path of [directory, elsewhere]) rmSync(path, { recursive: true, force: true });
  };
  const source = join(directory, "source");
  return { directory, elsewhere, source, store: createDirectoryStore(directory), close, [Symbol.dispose]: close };
}

if (isOther) {
  blobStoreSuite("a directory on another file system than the files it adopts", () => {
    const directory = mkdtempSync(join(memory, "directory-store-"));
    return { store: createDirectoryStore(directory), close: () => rmSync(directory, { recursive: true, force: true }) };
  });
}

test.skipIf(!isOther)(
  "a file is adopted by a folder that is a link to another file system, byte for byte",
  async () => {
    using place = setup();
    const bytes = crypto.getRandomValues(new Uint8Array(65_536));
    const content = Buffer.concat(
      Array.from({ length: 50 }, (_, index) => Buffer.from(bytes.map((one) => one ^ index))),
    );
    await writeFile(place.source, content);
    await place.store.adopt(place.source, "originals/a/film.mp4");
    expect((await readFile(join(place.elsewhere, "a", "film.mp4"))).equals(content)).toBe(true);
    expect(existsSync(place.source)).toBe(false);
    expect(await readdir(join(place.elsewhere, "a"))).toEqual(["film.mp4"]);
  },
);

test.skipIf(!isOther)("an abort ends the copy: the file is where it was, and nothing of it elsewhere", async () => {
  using place = setup();
  await writeFile(place.source, new Uint8Array(64 * mebibyte));
  const abort = new AbortController();
  const adopting = place.store.adopt(place.source, "originals/a/film.mp4", abort.signal).catch((error) => error);
  const folder = join(place.elsewhere, "a");
  while (!existsSync(folder) || (await readdir(folder)).length === 0) await new Promise((next) => setImmediate(next));
  abort.abort(new Error("deleted"));
  expect((await adopting).message).toBe("deleted");
  expect((await stat(place.source)).size).toBe(64 * mebibyte);
  expect(await readdir(folder)).toEqual([]);
});

test.skipIf(!isOther)("what a killed copy left is no content, and the next try writes over it", async () => {
  using place = setup();
  await writeFile(place.source, new Uint8Array(8 * mebibyte));
  const url = new URL("directory-store.ts", import.meta.url).pathname;
  const script = `
    const { createDirectoryStore } = await import(${JSON.stringify(url)});
    const { readdirSync } = await import("node:fs");
    createDirectoryStore(${JSON.stringify(place.directory)}).adopt(${JSON.stringify(place.source)}, "originals/a/film.mp4");
    setInterval(() => {
      try { if (readdirSync(${JSON.stringify(join(place.elsewhere, "a"))}).length > 0) process.kill(process.pid, "SIGKILL"); } catch {}
    }, 0);`;
  await Bun.spawn([process.execPath, "-e", script], { stdout: "ignore", stderr: "ignore" }).exited;
  const left = await readdir(join(place.elsewhere, "a"));
  expect(left).toHaveLength(1);
  expect(await place.store.list("originals/a")).toEqual(left.filter((name) => name === "film.mp4"));
  await writeFile(place.source, "the whole film");
  await place.store.adopt(place.source, "originals/a/film.mp4");
  expect(await readdir(join(place.elsewhere, "a"))).toEqual(["film.mp4"]);
  expect(await readFile(join(place.elsewhere, "a", "film.mp4"), "utf8")).toBe("the whole film");
});

test.skipIf(!isOther)("two files that are adopted for one key at once end as one of them, whole", async () => {
  using place = setup();
  const paths = [1, 2].map((number) => join(place.directory, String(number)));
  for (const [index, path] of paths.entries()) await writeFile(path, new Uint8Array(8 * mebibyte).fill(index + 1));
  await Promise.all(paths.map((path) => place.store.adopt(path, "originals/a/film.mp4")));
  const content = await readFile(join(place.elsewhere, "a", "film.mp4"));
  expect(content.length).toBe(8 * mebibyte);
  expect(content.every((byte) => byte === content[0])).toBe(true);
  expect(await readdir(join(place.elsewhere, "a"))).toEqual(["film.mp4"]);
});

test.skipIf(!isOther)("whether a move needs a copy is told, and leaves nothing behind", async () => {
  using place = setup();
  const [from, to] = [join(place.directory, "uploads"), join(place.directory, "originals")];
  expect(await moveNeedsCopy(from, to)).toBe(true);
  expect(await moveNeedsCopy(from, join(place.directory, "hls"))).toBe(false);
  expect([await readdir(from), await readdir(to), await readdir(join(place.directory, "hls"))]).toEqual([[], [], []]);
});

const disk = mkdtempSync(join(tmpdir(), "move-file-disk-"));
const canMount = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk]).success;
afterAll(() => {
  if (canMount) Bun.spawnSync(["umount", "--lazy", disk]);
  rmSync(disk, { recursive: true, force: true });
});

test.skipIf(!canMount)("a copy that finds no room leaves the file whole, and the room to others", async () => {
  using place = setup();
  mkdirSync(join(disk, "hls"));
  symlinkSync(join(disk, "hls"), join(place.directory, "hls"));
  await writeFile(place.source, new Uint8Array(6 * mebibyte));
  const adopting = place.store.adopt(place.source, "hls/a/film.mp4");
  expect(await adopting.catch((error) => error.code)).toBe("ENOSPC");
  expect((await stat(place.source)).size).toBe(6 * mebibyte);
  expect(await readdir(join(disk, "hls", "a"))).toEqual([]);
});
