/**
 * The same promises on a real socket. A server has ideas of its own about files: Bun's answers Range by itself, and
 * would write its own status and headers over ours if ours were not what it expects.
 */
import { expect, test } from "bun:test";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld } from "@video-backend/testing";
import { createTestStreaming, rawExchange } from "./testing.ts";

const path = "/stream/film/720p/segment-00001.m4s";
const content = crypto.getRandomValues(new Uint8Array(50_000));

async function setup() {
  const world = createWorld();
  const { service, store } = createTestStreaming(world, createTestMetadata(world).client);
  await store.put("hls/film/720p/segment-00001.m4s", content);
  await store.put("hls/film/720p/empty.vtt", "");
  await store.put("videos.db", "secret");
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => service.fetch(request) });
  world.defer(() => server.stop(true));
  return {
    send: (target: string, headers: Record<string, string> = {}, method = "GET") =>
      rawExchange(server.port ?? 0, `${method} ${target}`, headers),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test("the whole, with its length and no ranges", async () => {
  await using streaming = await setup();
  for (const range of [undefined, "bytes=0-1,5-6", "bytes=4-2", "lines=1-2"]) {
    const reply = await streaming.send(path, range ? { range } : {});
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-length")).toBe("50000");
    expect(reply.headers.get("content-range")).toBeNull();
    expect(reply.body.equals(content)).toBe(true);
  }
});

test.each([
  ["bytes=100-199", 100, 200],
  ["bytes=49990-", 49_990, 50_000],
  ["bytes=-10", 49_990, 50_000],
  ["bytes=0-", 0, 50_000],
  ["bytes=0-999999", 0, 50_000],
])("%s gives exactly those bytes", async (range, from, to) => {
  await using streaming = await setup();
  const reply = await streaming.send(path, { range });
  expect(reply.status).toBe(206);
  expect(reply.headers.get("content-range")).toBe(`bytes ${from}-${to - 1}/50000`);
  expect(reply.headers.get("content-length")).toBe(String(to - from));
  expect(reply.headers.get("content-type")).toBe("video/iso.segment");
  expect(reply.headers.get("access-control-allow-origin")).toBe("*");
  expect(reply.body.equals(content.subarray(from, to))).toBe(true);
});

test("a range beyond the end is 416 with a problem", async () => {
  await using streaming = await setup();
  const reply = await streaming.send(path, { range: "bytes=50000-" });
  expect(reply.status).toBe(416);
  expect(reply.headers.get("content-range")).toBe("bytes */50000");
  expect(JSON.parse(reply.body.toString())).toMatchObject({ status: 416 });
});

test("a range of a file that has changed is the whole", async () => {
  await using streaming = await setup();
  const etag = (await streaming.send(path)).headers.get("etag") ?? "";
  expect((await streaming.send(path, { range: "bytes=0-1", "if-range": etag })).status).toBe(206);
  expect((await streaming.send(path, { range: "bytes=0-1", "if-range": '"old"' })).status).toBe(200);
});

test("HEAD tells the true length and sends nothing", async () => {
  await using streaming = await setup();
  for (const headers of [{}, { range: "bytes=0-1" }]) {
    const reply = await streaming.send(path, headers, "HEAD");
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-length")).toBe("50000");
    expect(reply.body).toHaveLength(0);
  }
});

test("an empty file is empty", async () => {
  await using streaming = await setup();
  const reply = await streaming.send("/stream/film/720p/empty.vtt");
  expect(reply.status).toBe(200);
  expect(reply.headers.get("content-length")).toBe("0");
  expect(reply.body).toHaveLength(0);
});

test.each([
  "/stream/film/../../videos.db",
  "/stream/film/720p/../../../videos.db",
  "/stream/film/720p/..%2f..%2f..%2fvideos.db",
  "/stream/film/%2e%2e/%2e%2e/videos.db",
  "/stream/film/720p/..\\..\\..\\videos.db",
])("a path that no client would tidy reads nothing outside: %s", async (target) => {
  await using streaming = await setup();
  const reply = await streaming.send(target);
  expect([400, 404]).toContain(reply.status);
  expect(reply.body.toString()).not.toContain("secret");
});
