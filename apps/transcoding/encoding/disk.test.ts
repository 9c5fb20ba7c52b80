import { expect, test } from "bun:test";
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDisk } from "./machine.ts";

test("of several file systems the one with the least room counts", async () => {
  const directories = [tmpdir(), "/proc", join(tmpdir(), "none")];
  // It has no blocks at all, and so no room.
  expect((await statfs("/proc")).blocks).toBe(0);
  const disk = createDisk(directories, 1);
  expect([await disk.freeBytes(), await disk.totalBytes()]).toEqual([0, 0]);
  expect(await createDisk([tmpdir()], 1).freeBytes()).toBeGreaterThan(0);
});
