import { expect, test } from "bun:test";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { ConfigError, readConfig } from "@video-backend/service";
import { createWorld } from "@video-backend/testing";
import { z } from "zod";
import { signPlaybackToken, verifyPlaybackToken } from "./index.ts";
import { openKeyFile } from "./key-file.ts";
import { playbackKeysSetting } from "./playback-keys-setting.ts";

const Config = z.object({ PLAYBACK_KEYS: playbackKeysSetting });
const read = (text: string) => readConfig(Config, { PLAYBACK_KEYS: text }).PLAYBACK_KEYS;
const signed = (keys: Awaited<ReturnType<typeof openKeyFile>>) => signPlaybackToken(keys, "film", 1_800_000_000);

test("the setting is names and secrets, and absent where it is not set", () => {
  const secret = "s".repeat(32);
  expect(read(`new:${secret}, old:colon:${secret}`)?.map(({ kid }) => kid)).toEqual(["new", "old"]);
  expect(read("")).toBeUndefined();
});

test.each([
  ["new", "a key is name:secret"],
  ["new:short-secret-123", "the secret of key new has less than 32 bytes"],
  [`a b:${"s".repeat(32)}`, "the name of a key is"],
  [`a:${"s".repeat(32)},a:${"t".repeat(32)}`, "two keys have the same name"],
  [`a:${"s".repeat(32)},`, "a key is name:secret"],
])("a setting that does not fit is refused without showing it: %s", (text, reason) => {
  let message = "";
  try {
    read(text);
  } catch (error) {
    if (error instanceof ConfigError) message = error.message;
  }
  expect(message).toContain("PLAYBACK_KEYS");
  expect(message).toContain(reason);
  expect(message).not.toMatch(/short-secret|sss|ttt/);
});

test("a file is made once, for its owner alone, and gives the same key ever after", async () => {
  await using world = createWorld();
  const path = world.path("storage", "playback-keys.json");
  const opened = await Promise.all(Array.from({ length: 20 }, () => openKeyFile(path)));
  expect(new Set(opened.map(signed)).size).toBe(1);
  expect(signed(await openKeyFile(path))).toBe(signed(opened[0] ?? []));
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(world.path("storage"))).toEqual(["playback-keys.json"]);
});

test("keys may be added to the file and taken out of it", async () => {
  await using world = createWorld();
  const path = world.path("playback-keys.json");
  const token = signed(await openKeyFile(path));
  const { keys } = JSON.parse(await readFile(path, "utf8"));
  const fresh = { kid: "fresh", secret: "f".repeat(32) };
  const video = { videoId: "film", now: 1_700_000_000 };
  await writeFile(path, JSON.stringify({ keys: [fresh, ...keys] }));
  const rotated = await openKeyFile(path);
  expect(signed(rotated)).toStartWith("fresh.");
  expect(verifyPlaybackToken(rotated, token, video)).toBe(true);
  await writeFile(path, JSON.stringify({ keys: [fresh] }));
  expect(verifyPlaybackToken(await openKeyFile(path), token, video)).toBe(false);
});

test.each(["", "{", "[]", '{"keys":[]}', '{"keys":[{"kid":"a","secret":"short-secret"}]}'])(
  "a file that does not fit is told by its name and not by its content: %s",
  async (text) => {
    await using world = createWorld();
    await writeFile(world.path("keys.json"), text);
    const error = await openKeyFile(world.path("keys.json")).catch((error: Error) => error.message);
    expect(error).toContain("keys.json");
    expect(error).not.toContain("short-secret");
  },
);

test("a place that takes no file is told", async () => {
  await using world = createWorld();
  await writeFile(world.path("a-file"), "");
  const error = await openKeyFile(world.path("a-file", "keys.json")).catch((error: Error) => error.message);
  expect(error).toContain("a-file/keys.json; PLAYBACK_KEYS may hold them instead: ENOTDIR");
});
