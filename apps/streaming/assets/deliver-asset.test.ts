import { expect, test } from "bun:test";
import { createTestMetadata } from "@video-backend/metadata/testing";
import type { Log } from "@video-backend/service";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createWorld, transcript } from "@video-backend/testing";
import type { StreamingOptions } from "../deps.ts";
import { createStreamingService } from "../service.ts";
import { testOptions } from "../testing.ts";

/** A service whose log is kept: a line tells which way a request went, since the routes always write one. */
async function setup(options: Partial<StreamingOptions> = {}) {
  const world = createWorld();
  const store = createDirectoryStore(world.path("storage"));
  for (const id of ["open", "closed"]) await store.put(`hls/${id}/master.m3u8`, "#EXTM3U\n");
  const lines: Record<string, unknown>[] = [];
  const log: Log = Object.assign(Object.create(world.log), {
    info: (line: Record<string, unknown>) => lines.push(line),
  });
  const { client: metadata } = createTestMetadata(world);
  await store.put("private/closed", "");
  const service = createStreamingService(testOptions(world, { store, metadata, log, ...options }));
  const send = transcript(service);
  // Whether a video is private is looked up by its first request, which goes by the routes.
  for (const id of ["open", "closed"]) await send(`GET /stream/${id}/none`);
  lines.length = 0;
  return { send, lines, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("a file that is there is served without a line in the log, and what is not there with one", async () => {
  await using streaming = await setup();
  expect((await streaming.send("GET /stream/open/master.m3u8")).status).toBe(200);
  expect(streaming.lines).toEqual([]);
  expect((await streaming.send("GET /stream/open/none.jpg")).status).toBe(404);
  expect(streaming.lines).toMatchObject([{ status: 404, path: "/stream/open/none.jpg" }]);
});

test("with an access log each file has its line, without what follows the path", async () => {
  await using streaming = await setup({ logFiles: true });
  const reply = await streaming.send("HEAD /stream/open/master.m3u8?token=secret", {
    headers: { "x-request-id": "mine" },
  });
  expect(reply.headers.get("x-request-id")).toBe("mine");
  expect(streaming.lines).toEqual([
    {
      requestId: "mine",
      method: "HEAD",
      path: "/stream/open/master.m3u8",
      status: 200,
      milliseconds: expect.any(Number),
    },
  ]);
});

test("a request id that may not be echoed is another one", async () => {
  await using streaming = await setup();
  for (const given of ["a b", "x".repeat(256), "<script>"]) {
    const { headers } = await streaming.send("GET /stream/open/master.m3u8", { headers: { "x-request-id": given } });
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("the files of a video that is not open to all go by the routes", async () => {
  await using streaming = await setup();
  await streaming.send("GET /stream/open/master.m3u8");
  expect(streaming.lines).toEqual([]);
  await streaming.send("GET /stream/closed/master.m3u8");
  expect(streaming.lines).toMatchObject([{ path: "/stream/closed/master.m3u8" }]);
});
