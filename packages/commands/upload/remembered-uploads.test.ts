import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createWorld } from "@video-backend/testing";
import { openRememberedUploads, stateFile } from "./remembered-uploads.ts";

const file = { path: "/films/a.mp4", sizeBytes: 10, modifiedAtMs: 1.5, uploadUrl: "http://upload.test" };

test("an upload is found again until it is forgotten, by this run or the next", async () => {
  await using world = createWorld();
  const path = world.path("state", "uploads.json");
  const remembered = openRememberedUploads(path);
  expect(await remembered.find(file)).toBeNull();
  await remembered.remember(file, "abc");
  expect(await openRememberedUploads(path).find(file)).toBe("abc");
  await remembered.forget(file);
  expect(await openRememberedUploads(path).find(file)).toBeNull();
});

test("a file that was changed, or goes elsewhere, is another one", async () => {
  await using world = createWorld();
  const remembered = openRememberedUploads(world.path("uploads.json"));
  await remembered.remember(file, "abc");
  const others = [{ path: "/films/b.mp4" }, { sizeBytes: 11 }, { modifiedAtMs: 2 }, { uploadUrl: "http://other.test" }];
  for (const other of others) expect(await remembered.find({ ...file, ...other })).toBeNull();
});

test("a state file that cannot be read is named, not overwritten", async () => {
  await using world = createWorld();
  const path = world.path("uploads.json");
  writeFileSync(path, "{");
  await expect(openRememberedUploads(path).remember(file, "abc")).rejects.toThrow(`${path} cannot be read; remove it`);
});

test("it is kept where XDG says", () => {
  expect(stateFile({ XDG_STATE_HOME: "/state" })).toBe("/state/video-backend/uploads.json");
  expect(stateFile({})).toBe(join(homedir(), ".local/state/video-backend/uploads.json"));
});
