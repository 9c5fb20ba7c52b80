import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createWorld } from "@video-backend/testing";
import { readPidFile, writePidFile } from "./pid-file.ts";

test("the writer is found, and nobody else gets the file while it lives", async () => {
  await using world = createWorld();
  const path = world.path("run", "supervisor.pid");
  expect(readPidFile(path)).toBeNull();
  writePidFile(path);
  expect(readPidFile(path)).toBe(process.pid);
  expect(() => writePidFile(path)).toThrow(`Process ${process.pid} has ${path} already`);
});

test("a living process with the same number but another beginning is a stranger; the stale file goes", async () => {
  await using world = createWorld();
  const path = world.path("supervisor.pid");
  writePidFile(path);
  const [pid, began] = readFileSync(path, "utf8").trim().split(" ");
  writeFileSync(path, `${pid} ${began}1\n`);
  expect(readPidFile(path)).toBeNull();
  expect(existsSync(path)).toBe(false);
});

test.each(["", "words", "-1 5", "0 0", "999999999 1"])("a file that says %j names nobody", async (text) => {
  await using world = createWorld();
  const path = world.path("supervisor.pid");
  writeFileSync(path, text);
  expect(readPidFile(path)).toBeNull();
  writePidFile(path);
  expect(readPidFile(path)).toBe(process.pid);
});
