import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { createWorld } from "@video-backend/testing";
import { lastLinesOf, openLogFile } from "./log-file.ts";

test("a full file makes room, and only so many are kept", async () => {
  await using world = createWorld();
  const path = world.path("logs", "upload.log");
  const log = openLogFile(path, { maxBytes: 10, keep: 2 });
  for (const line of ["aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff", "gggg"]) log.write(line);
  expect(readFileSync(path, "utf8")).toBe("gggg\n");
  expect(readFileSync(`${path}.1`, "utf8")).toBe("eeee\nffff\n");
  expect(readFileSync(`${path}.2`, "utf8")).toBe("cccc\ndddd\n");
  expect(existsSync(`${path}.3`)).toBe(false);
});

test("a line that is larger than a file is written whole", async () => {
  await using world = createWorld();
  const log = openLogFile(world.path("a.log"), { maxBytes: 4 });
  log.write("longer than that");
  expect(readFileSync(log.path, "utf8")).toBe("longer than that\n");
});

test("a second run goes on where the first ended", async () => {
  await using world = createWorld();
  const path = world.path("a.log");
  openLogFile(path, { maxBytes: 10 }).write("aaaa");
  const second = openLogFile(path, { maxBytes: 10 });
  second.write("bbbb");
  second.write("cccc");
  expect(readFileSync(`${path}.1`, "utf8")).toBe("aaaa\nbbbb\n");
  expect(lastLinesOf(path, 2)).toEqual(["cccc"]);
  expect(lastLinesOf(`${path}.1`, 1)).toEqual(["bbbb"]);
  expect(lastLinesOf(world.path("none.log"), 1)).toEqual([]);
});
