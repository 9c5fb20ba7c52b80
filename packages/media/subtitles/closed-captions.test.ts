import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createWorld, makeClip } from "@video-backend/testing";
import { mediaFolder } from "@video-backend/testing/media";
import { run } from "../spawn.ts";
import { hasClosedCaptions } from "./closed-captions.ts";

const signal = new AbortController().signal;

test("a video without captions has none, nor has a file that is none", async () => {
  await using world = createWorld();
  expect(await hasClosedCaptions(await makeClip(world.path("a b.mp4"), { seconds: 1 }), 0, run, signal)).toBe(false);
  expect(await hasClosedCaptions(world.path("none.mp4"), 0, run, signal)).toBe(false);
});

const broadcast = join(mediaFolder, "subs-cea608-1080p.ts");

test.skipIf(!existsSync(broadcast))("a broadcast's are found", async () => {
  expect(await hasClosedCaptions(broadcast, 0, run, signal)).toBe(true);
});
