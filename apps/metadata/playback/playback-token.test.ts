import { expect, test } from "bun:test";
import { playbackKey, splitPlayPath, verifyPlaybackToken } from "@video-backend/access";
import { createWorld, transcript } from "@video-backend/testing";
import type { PlaybackTerms } from "../deps.ts";
import { createMetadataService } from "../service.ts";
import { createTestMetadata, testPlaybackKeys } from "../testing.ts";
import { expiryAfter } from "./expiry.ts";

async function setup(terms: Partial<PlaybackTerms> = {}) {
  const world = createWorld();
  const { deps } = createTestMetadata(world);
  const send = transcript(createMetadataService({ ...deps, playback: { ...deps.playback, ...terms } }));
  await send("POST /videos", { json: { hash: "film", filename: "film.mp4", visibility: "private" } });
  const ask = (json?: unknown) => send("POST /videos/film/playback-token", json === undefined ? {} : { json });
  return { world, send, ask, now: world.clock.now(), [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("a token is good for as long as was asked, six hours unless told, with or without a body", async () => {
  await using metadata = await setup();
  const { ask, now } = metadata;
  for (const body of [undefined, {}]) expect((await ask(body)).body.expires_at).toBe(now + 6 * 3600);
  const { status, headers, body } = await ask({ expires_in_seconds: 60 });
  expect([status, body.expires_at, headers.get("cache-control")]).toEqual([200, now + 60, "no-store"]);
  const holds = (time: number, videoId = "film") =>
    verifyPlaybackToken(testPlaybackKeys, body.token, { videoId, now: time });
  expect([holds(now + 59), holds(now + 60), holds(now, "other")]).toEqual([true, false, false]);
});

test("its paths are those of the video, all with the token", async () => {
  await using metadata = await setup();
  const { token, paths } = (await metadata.ask()).body;
  const files = Object.entries<string>(paths).map(([name, path]) => {
    expect(splitPlayPath(path)?.token).toBe(token);
    return [name, splitPlayPath(path)?.streamPath];
  });
  expect(Object.fromEntries(files)).toEqual({
    master: "/stream/film/master.m3u8",
    manifest: "/stream/film/manifest.mpd",
    original: "/stream/film/original",
    qualities: "/stream/film/qualities",
    poster: "/stream/film/poster.jpg",
    storyboard: "/stream/film/storyboard/storyboard.vtt",
  });
});

test("a time that is not allowed is refused with the most that is", async () => {
  await using metadata = await setup({ maxSeconds: 3600 });
  const { ask, now } = metadata;
  expect((await ask()).body.expires_at).toBe(now + 3600);
  expect(await ask({ expires_in_seconds: 3601 })).toMatchObject({ status: 422, body: { most_seconds: 3600 } });
  for (const expires_in_seconds of [0, -1, 1.5, "60", 1e300]) {
    expect((await ask({ expires_in_seconds })).status).toBe(422);
  }
  expect(await metadata.send("POST /videos/nobody/playback-token")).toMatchObject({
    status: 404,
    body: { detail: "Video not found" },
  });
});

test("within a window all get one token, the first key's", async () => {
  const keys = [playbackKey("fresh", "f".repeat(32)), ...testPlaybackKeys];
  await using metadata = await setup({ keys, windowSeconds: 300 });
  const { ask, world } = metadata;
  world.clock.advance(300 - (world.clock.now() % 300) + 1);
  const first = (await ask({ expires_in_seconds: 60 })).body;
  expect(first.token).toStartWith("fresh.");
  expect(first.expires_at).toBe(world.clock.now() + 299);
  world.clock.advance(200);
  expect((await ask({ expires_in_seconds: 60 })).body).toEqual(first);
  world.clock.advance(50);
  expect((await ask({ expires_in_seconds: 60 })).body.expires_at).toBe(first.expires_at + 300);
});

test.each([
  [1000, 60, 1, 1060],
  [1000.2, 60, 1, 1061],
  [1000, 60, 300, 1200],
  [1000, 200, 300, 1200],
  [1000, 201, 300, 1500],
])("at %d, %d s in windows of %d s end at %d", (now, seconds, window, expiry) => {
  expect(expiryAfter(now, seconds, window)).toBe(expiry);
});
