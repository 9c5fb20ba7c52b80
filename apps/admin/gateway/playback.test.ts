import { expect, test } from "bun:test";
import { createWorld, transcript } from "@video-backend/testing";
import { createTestAdmin } from "../testing.ts";

async function setup() {
  const world = createWorld();
  const admin = createTestAdmin(world);
  await transcript(admin.metadata)("POST /videos", { json: { hash: "film", filename: "film.mp4" } });
  await admin.store.put("hls/film/720p/segment-00001.m4s", "secret bytes");
  return { ...admin, send: transcript(admin.service), [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const segment = "720p/segment-00001.m4s";

test("what people say of a video is changed through the gateway, and nothing else of it", async () => {
  await using admin = await setup();
  const changes = { title: "Film", description: "Words", visibility: "private" };
  expect(await admin.send("PUT /videos/film", { json: changes })).toMatchObject({
    status: 200,
    body: { status: "updated" },
  });
  expect((await admin.send("GET /videos/film")).body).toMatchObject(changes);
  expect((await admin.send("GET /videos?visibility=private")).body).toBeArrayOfSize(1);
  expect((await admin.send("GET /videos?visibility=public")).body).toEqual([]);
  await admin.send("PUT /videos/film", { json: { title: null } });
  expect((await admin.send("GET /videos/film")).body).toMatchObject({ ...changes, title: null });
  for (const json of [{ transcoding_status: "failed" }, { filename: "x" }, { visibility: "secret" }, { title: 5 }]) {
    expect((await admin.send("PUT /videos/film", { json })).status).toBe(422);
  }
  expect((await admin.send("PUT /videos/film", { json: { title: "x".repeat(501) } })).status).toBe(422);
  expect((await admin.send("PUT /videos/nobody", { json: {} })).body.detail).toBe("Video not found");
});

test("a private video plays through the gateway by a token alone", async () => {
  await using admin = await setup();
  await admin.send("PUT /videos/film", { json: { visibility: "private" } });
  expect(await admin.send(`GET /video/film/${segment}`)).toMatchObject({
    status: 403,
    body: { type: "urn:video-backend:problem:forbidden" },
  });
  expect((await admin.send("GET /transcode/film/qualities")).status).toBe(403);
  for (const parts of [{}, { json: {} }, { json: { expires_in_seconds: 60 } }]) {
    const { body } = await admin.send("POST /videos/film/playback-token", parts);
    const target = body.paths.master.replace("master.m3u8", segment);
    const reply = await admin.send(`GET ${target}`, { headers: { range: "bytes=0-5" } });
    expect(reply).toMatchObject({ status: 206, body: "secret" });
    expect(reply.headers.get("cache-control")).toMatch(/^private\b/);
  }
  expect((await admin.send("POST /videos/nobody/playback-token")).body.detail).toBe("Video not found");
  expect((await admin.send("POST /videos/film/playback-token", { json: { expires_in_seconds: 0 } })).status).toBe(422);
});

test.each(["wrong", "k.1.AAAAAAAAAAAAAAAAAAAAAAAA", "..%2f..%2fstream", "%20", "a%3Fb", "%2e%2e%2f"])(
  "a wrong token is streaming's to refuse: %s",
  async (token) => {
    await using admin = await setup();
    expect((await admin.send(`GET /play/${token}/film/${segment}`)).status).toBe(403);
    expect(admin.asked.at(-1)).toStartWith("streaming: GET /play/");
  },
);
