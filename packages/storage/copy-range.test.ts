import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copyRange } from "./copy-range.ts";

const never = new AbortController().signal;

/** Two files in these directories; `from` has these bytes and `to` a text. */
async function twoFiles(content: Uint8Array, [one, other] = [tmpdir(), tmpdir()]) {
  const directories = [mkdtempSync(join(one ?? "", "copy-")), mkdtempSync(join(other ?? "", "copy-"))];
  const [fromPath, toPath] = directories.map((directory) => join(directory, "file")) as [string, string];
  writeFileSync(fromPath, content);
  writeFileSync(toPath, "0123456789");
  const [from, to] = [await open(fromPath, "r"), await open(toPath, "r+")];
  return {
    from,
    to,
    read: () => readFileSync(toPath),
    async [Symbol.asyncDispose]() {
      await Promise.all([from.close(), to.close()]);
      for (const directory of directories) rmSync(directory, { recursive: true });
    },
  };
}

const places: [string, [string, string]][] = [
  ["on one file system", [tmpdir(), tmpdir()]],
  ["from one file system to another", ["/dev/shm", tmpdir()]],
];

test.each(places)("a part of a file is copied to an offset, %s", async (_, directories) => {
  if (!directories.every((directory) => existsSync(directory))) return;
  const content = crypto.getRandomValues(new Uint8Array(65_536)).toHex().repeat(30);
  await using files = await twoFiles(new TextEncoder().encode(content), directories);
  const sizeBytes = content.length - 7;
  await copyRange({ from: files.from, start: 3, to: files.to, offset: 4, sizeBytes }, never);
  expect(files.read().toString() === `0123${content.slice(3, 3 + sizeBytes)}`).toBeTrue();
});

test("nothing is copied of a part without bytes", async () => {
  await using files = await twoFiles(new Uint8Array());
  await copyRange({ from: files.from, start: 0, to: files.to, offset: 4, sizeBytes: 0 }, never);
  expect(files.read().toString()).toBe("0123456789");
});

test("a file that is shorter than was said is an error, and so is a signal that aborts", async () => {
  await using files = await twoFiles(new Uint8Array(10));
  const range = { from: files.from, start: 5, to: files.to, offset: 0, sizeBytes: 6 };
  expect(copyRange(range, never)).rejects.toThrow("A file ends at 10");
  const reason = new Error("enough");
  expect(copyRange({ ...range, sizeBytes: 5 }, AbortSignal.abort(reason))).rejects.toBe(reason);
});
