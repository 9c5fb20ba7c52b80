/** What streaming counts of what it serves, by the short way and by the routes. */
import { expect, test } from "bun:test";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createWorld, transcript } from "@video-backend/testing";
import { createStreamingService } from "./service.ts";
import { noDemands, testOptions } from "./testing.ts";

async function setup() {
  const world = createWorld();
  const store = createDirectoryStore(world.path("storage"));
  for (const id of ["film", "secret"]) {
    await store.put(`hls/${id}/master.m3u8`, "#EXTM3U\n");
    await store.put(`hls/${id}/720p/playlist.m3u8`, "#EXTM3U\n");
    for (const index of [0, 1]) await store.put(`hls/${id}/720p/segment-0000${index}.m4s`, "segment");
  }
  await store.put("private/secret", "");
  const { client: metadata } = createTestMetadata(world);
  const demands = {
    ...noDemands,
    wait: (id: string, quality: string, index: number) =>
      store.put(`hls/${id}/${quality}/segment-0000${index}.m4s`, "made"),
  };
  const send = transcript(createStreamingService(testOptions(world, { store, metadata, demands, random: () => 1 })));
  async function scrape(): Promise<Map<string, number>> {
    const lines = String((await send("GET /metrics")).body).split("\n");
    return new Map(lines.map((line) => [line.replace(/ \S+$/, ""), Number(line.slice(line.lastIndexOf(" ")))]));
  }
  /** What differs after this load, but for sums of seconds and buckets. */
  async function differenceBy(load: () => Promise<unknown>): Promise<Record<string, number>> {
    const before = await scrape();
    await load();
    const after = await scrape();
    const differences = [...after].flatMap(([name, value]): [string, number][] => {
      const isCount = /^(video_segments_served_total|http_server_request_duration_seconds_count)/.test(name);
      const more = value - (before.get(name) ?? 0);
      return isCount && more !== 0 && !name.includes('"/metrics"') ? [[name, more]] : [];
    });
    return Object.fromEntries(differences);
  }
  return { send, scrape, differenceBy, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const requests = (method: string, route: string, status: number) =>
  `http_server_request_duration_seconds_count{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"}`;
const served = (source: string) => `video_segments_served_total{source="${source}"}`;
const segmentRoute = "/stream/{id}/{quality}/{segment}";

test("a load of the short way is in the next scrape exactly", async () => {
  await using streaming = await setup();
  const { send } = streaming;
  // Whether it is private is looked up by the first request, which goes by the routes.
  await send("GET /stream/film/none.jpg");
  const difference = await streaming.differenceBy(async () => {
    for (let times = 0; times < 3; times++) await send("GET /stream/film/master.m3u8");
    const { headers } = await send("GET /stream/film/720p/playlist.m3u8");
    await send("GET /stream/film/720p/playlist.m3u8", { headers: { "if-none-match": headers.get("etag") ?? "" } });
    for (let times = 0; times < 4; times++) await send("GET /stream/film/720p/segment-00000.m4s");
    await send("GET /stream/film/720p/segment-00000.m4s", { headers: { range: "bytes=0-2" } });
    await send("HEAD /stream/film/720p/segment-00000.m4s");
  });
  expect(difference).toEqual({
    [requests("GET", "/stream/{id}/master.m3u8", 200)]: 3,
    [requests("GET", "/stream/{id}/{quality}/playlist.m3u8", 200)]: 1,
    [requests("GET", "/stream/{id}/{quality}/playlist.m3u8", 304)]: 1,
    [requests("GET", segmentRoute, 200)]: 4,
    [requests("GET", segmentRoute, 206)]: 1,
    [requests("HEAD", segmentRoute, 200)]: 1,
    [served("disk")]: 1,
    [served("memory")]: 4,
  });
});

test("what goes by the routes is counted under the same names: a demanded segment, a refusal, a private video", async () => {
  await using streaming = await setup();
  const { send } = streaming;
  await send("GET /stream/film/none.jpg");
  const difference = await streaming.differenceBy(async () => {
    expect((await send("GET /stream/film/720p/segment-00007.m4s")).status).toBe(200);
    expect((await send("GET /stream/film/720p/none.m4s")).status).toBe(404);
    expect((await send("GET /stream/secret/720p/segment-00000.m4s")).status).toBe(403);
  });
  expect(difference).toEqual({
    [requests("GET", segmentRoute, 200)]: 1,
    [requests("GET", segmentRoute, 404)]: 1,
    [requests("GET", "/stream/{id}/*", 403)]: 1,
    [served("demanded")]: 1,
  });
});

test("no id of a video is in any label", async () => {
  await using streaming = await setup();
  for (const path of [
    "film/master.m3u8",
    "film/720p/segment-00000.m4s",
    "film/none",
    "film/qualities",
    "film/original",
  ])
    await streaming.send(`GET /stream/${path}`);
  expect([...(await streaming.scrape()).keys()].filter((name) => name.includes("film"))).toEqual([]);
});
