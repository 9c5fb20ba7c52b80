import { expect, test } from "bun:test";
import { stat } from "node:fs/promises";
import { ConfigError, readConfig } from "@video-backend/service";
import { createWorld } from "@video-backend/testing";
import { z } from "zod";
import { openServiceKey, serviceKeySetting } from "./service-key.ts";

test("services that start at the same time end up with one key, readable by its owner alone", async () => {
  await using world = createWorld();
  const path = world.path("storage/service-key");
  const keys = await Promise.all(Array.from({ length: 10 }, () => openServiceKey(path)));
  expect(new Set(keys).size).toBe(1);
  expect(keys[0]).toMatch(/^vbs_[A-Za-z0-9_-]{43}$/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a key that is too short is refused with its place and without itself", async () => {
  await using world = createWorld();
  await Bun.write(world.path("service-key"), "short-secret\n");
  const error = await openServiceKey(world.path("service-key")).catch((thrown: Error) => thrown.message);
  expect(error).toContain("service-key; SERVICE_KEY may hold it instead");
  expect(error).not.toContain("short-secret");
  const read = () => readConfig(z.object({ SERVICE_KEY: serviceKeySetting }), { SERVICE_KEY: "short-secret" });
  expect(read).toThrow(ConfigError);
  expect(read).not.toThrow("short-secret");
});
