import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileBlob } from "./file-blob.ts";

function setup() {
  const directory = mkdtempSync(join(tmpdir(), "file-blob-"));
  const path = join(directory, "file");
  writeFileSync(path, "0123456789");
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test("a file reads as a blob of its bytes does, whole and in slices of slices", async () => {
  using place = setup();
  const file = new FileBlob(place.path, 0, 10);
  const blob = new Blob(["0123456789"]);
  const positions = [undefined, -20, -3, 0, 4, 10, 15];
  for (const start of positions) {
    for (const end of positions) {
      const [ours, theirs] = [file.slice(start, end), blob.slice(start, end)];
      expect([start, end, ours.size, await ours.text()]).toEqual([start, end, theirs.size, await theirs.text()]);
      expect(await ours.slice(1, -1).text()).toBe(await theirs.slice(1, -1).text());
    }
  }
  expect(await file.bytes()).toEqual(await blob.bytes());
  expect(Buffer.from(await new Response(file.stream()).arrayBuffer()).toString()).toBe("0123456789");
  expect(file.slice(0, 1, "video/mp4").type).toBe("video/mp4");
});

test("it is read when somebody reads it", async () => {
  using place = setup();
  const file = new FileBlob(place.path, 0, 10);
  rmSync(place.path);
  await expect(file.text()).rejects.toThrow("ENOENT");
});
