/** Videos while another program holds the database, as a backup does. */
import { expect, test } from "bun:test";
import { createWorld, holdDatabase, longestDelay, transcript } from "@video-backend/testing";
import { createTestMetadata } from "./testing.ts";

test("what changes a video is answered with 503 and may be repeated; reads are answered meanwhile", async () => {
  await using world = createWorld();
  const send = transcript(createTestMetadata(world).service);
  await send("POST /videos", { json: { hash: "a", filename: "a.mp4" } });
  const held = await holdDatabase(world.path("videos.db"));
  const delay = longestDelay(held.released);
  const writes = [
    send("PUT /videos/a", { json: { title: "Autumn" } }),
    send("PUT /videos/a/stop"),
    send("POST /videos", { json: { hash: "b", filename: "b.mp4" } }),
    send("DELETE /videos/a"),
    send("PUT /videos/a/captions/en", { body: "WEBVTT\n\n00:00.000 --> 00:01.000\nWords\n" }),
  ];
  expect((await send("GET /videos/a")).body).toMatchObject({ hash: "a", title: null });
  expect((await send("GET /health")).status).toBe(200);
  for (const { status, headers } of await Promise.all(writes)) {
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
  }
  await held.release();
  expect(await delay).toBeLessThan(2000);
  expect((await send("PUT /videos/a", { json: { title: "Autumn" } })).status).toBe(200);
  expect((await send("GET /videos")).body.videos).toMatchObject([{ hash: "a", title: "Autumn", stopped: 0 }]);
});
