import { expect, test } from "bun:test";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createCrossOriginRules } from "@video-backend/service";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createWorld, transcript } from "@video-backend/testing";
import { createStreamingService } from "../service.ts";
import { testOptions } from "../testing.ts";

const friend = "https://player.example";
const stranger = "https://elsewhere.example";
/** By the short way, by the routes, and a refusal. */
const addresses = ["film/master.m3u8", "film/master%2Em3u8", "nobody/master.m3u8"];

async function setup() {
  const world = createWorld();
  const store = createDirectoryStore(world.path("storage"));
  await store.put("hls/film/master.m3u8", "#EXTM3U\n");
  const { client: metadata } = createTestMetadata(world);
  const crossOrigin = createCrossOriginRules({ readers: [friend, "https://www.example"] });
  const service = createStreamingService(testOptions(world, { store, metadata, crossOrigin }));
  return { send: transcript(service), [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test.each(addresses)("pages of the origins that were named may read, others may not: %s", async (address) => {
  await using streaming = await setup();
  const ask = (origin?: string) => streaming.send(`GET /stream/${address}`, { headers: origin ? { origin } : {} });
  for (const [origin, reader] of [
    [friend, friend],
    [stranger, null],
    [undefined, null],
  ] as const) {
    const { headers } = await ask(origin);
    expect(headers.get("access-control-allow-origin")).toBe(reader);
    expect(headers.get("timing-allow-origin")).toBe(reader);
    expect(headers.get("vary")?.split(", ")).toContain("Origin");
  }
});

test("a page that may not read is told so before it asks with a Range", async () => {
  await using streaming = await setup();
  const preflight = async (origin: string) =>
    (
      await streaming.send("OPTIONS /stream/film/master.m3u8", {
        headers: { origin, "access-control-request-method": "GET" },
      })
    ).headers;
  expect((await preflight(friend)).get("access-control-allow-origin")).toBe(friend);
  expect((await preflight(stranger)).get("access-control-allow-origin")).toBeNull();
});
