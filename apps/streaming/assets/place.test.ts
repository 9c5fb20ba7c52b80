/**
 * Ten thousand addresses that nobody should send, through the whole service and, as they stand, over a socket. Whatever
 * comes, no answer is a fault of ours and not one byte is of a file outside the video's folder.
 */
import { expect, test } from "bun:test";
import { connect } from "node:net";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld } from "@video-backend/testing";
import { createTestStreaming } from "../testing.ts";
import { createPlaces, placeOf } from "./place.ts";

/** Is in every file that no address may reach, and in no other. */
const secret = "5ecret-0f-the-house";
const open = "may-be-read";
const seeds = 10_000;
/** So many at a time: a connection each. */
const together = 50;

/** Numerical Recipes' generator: the same addresses in every run, so that a failure can be looked at. */
function createRandom(seed: number) {
  let state = seed;
  const below = (limit: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return { below, pick: <Value>(values: readonly Value[]): Value => values[below(values.length)] as Value };
}

const steps = [
  "..",
  ".",
  "",
  "%2e%2e",
  "%2E.",
  ".%2e",
  "..%2f",
  "..%5c",
  "..\\",
  "%252e%252e",
  "%c0%ae%c0%ae",
  "..;",
  "....",
];
const names = [
  "film",
  "720p",
  "segment-00001.m4s",
  "master.m3u8",
  "original",
  "qualities",
  "videos.db",
  "originals",
  "hls",
];
const odds = [
  "%00",
  "%",
  "%zz",
  "%ff",
  "\u00ff",
  "?",
  "#",
  ";x=1",
  "//",
  "\\",
  "*",
  "a".repeat(300),
  "%2f",
  "%2F..%2F",
  "|",
  "'",
  '"',
  "<",
];
const others = [
  "Film.mov",
  "secret",
  "other",
  ".hidden",
  "etc",
  "passwd",
  "finished.json",
  "NUL",
  "-",
  "_",
  "~",
  "$HOME",
];

function hostileTarget(random: ReturnType<typeof createRandom>): string {
  const parts = Array.from({ length: 1 + random.below(7) }, () => {
    const part = random.pick(random.pick([steps, steps, names, names, odds, others]));
    return random.below(5) === 0 ? part + random.pick(random.pick([odds, steps])) : part;
  });
  const before = random.pick([
    "/stream/",
    "/stream/film/",
    "/stream/film/720p/",
    "/stream/film/",
    "/",
    "/stream/film%2f",
    "//stream/",
    "",
  ]);
  return before + parts.join(random.pick(["/", "/", "/", "%2f", "\\", "//"]));
}

const targets = (() => {
  const random = createRandom(20_261_124);
  return Array.from({ length: seeds }, () => hostileTarget(random));
})();

async function setup() {
  const world = createWorld();
  const metadata = createTestMetadata(world);
  const { service, store } = createTestStreaming(world, metadata.client);
  await metadata.service.request("/videos", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ hash: "film", filename: "Film.mov" }),
  });
  for (const key of ["hls/film/720p/segment-00001.m4s", "hls/film/720p/playlist.m3u8", "hls/film/master.m3u8"]) {
    await store.put(key, open);
  }
  await store.put("originals/film/Film.mov", open);
  for (const key of [
    "videos.db",
    "secret",
    "hls/secret",
    "hls/.hidden",
    "hls/film/.hidden",
    "originals/secret",
    "originals/film/other",
  ]) {
    await store.put(key, secret);
  }
  return { world, service, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

test("no address of ten thousand reads what is not the video's, or is a fault of ours", async () => {
  await using streaming = await setup();
  const answered = new Map<number, number>();
  for (const target of targets) {
    // An address that no Request can be made of never comes so far.
    if (!URL.canParse(`http://service.test${target}`)) continue;
    const reply = await streaming.service.fetch(new Request(`http://service.test${target}`));
    answered.set(reply.status, (answered.get(reply.status) ?? 0) + 1);
    if (reply.status >= 500) throw new Error(`${target} -> ${reply.status}`);
    if ((await reply.text()).includes(secret)) throw new Error(`${target} reads what it must not`);
  }
  // The seeds reach the files that may be read, too, or they would prove little.
  expect(answered.get(200) ?? 0).toBeGreaterThan(20);
  expect((answered.get(404) ?? 0) + (answered.get(400) ?? 0)).toBeGreaterThan(seeds / 2);
}, 60_000);

test("nor does one of them as it stands on the wire", async () => {
  await using streaming = await setup();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    development: false,
    fetch: (request) => streaming.service.fetch(request),
  });
  streaming.world.defer(() => server.stop(true));
  const port = server.port ?? 0;
  const statuses = new Map<string, number>();
  for (let first = 0; first < targets.length; first += together) {
    const batch = targets.slice(first, first + together);
    const replies = await Promise.all(batch.map((target) => askedAsItStands(port, target)));
    for (const [index, reply] of replies.entries()) {
      const status = /^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1] ?? "closed";
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status.startsWith("5")) throw new Error(`${batch[index]} -> ${reply}`);
      if (reply.includes(secret)) throw new Error(`${batch[index]} reads what it must not`);
    }
  }
  expect(statuses.get("200") ?? 0).toBeGreaterThan(20);
  expect((await fetch(new URL("/stream/film/master.m3u8", server.url))).status).toBe(200);
}, 60_000);

/** The text of the answer; nothing when the server hangs up. */
function askedAsItStands(port: number, target: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = "";
  const socket = connect(port, "127.0.0.1", () => {
    socket.write(`GET ${target} HTTP/1.1\r\nhost: service.test\r\nconnection: close\r\n\r\n`, "latin1");
  });
  socket.setEncoding("latin1");
  socket.on("data", (data: string) => {
    text += data;
  });
  socket.on("close", () => resolve(text));
  socket.on("error", () => resolve(text));
  return promise;
}

test.each([
  ["http://a/stream/film/720p/segment-00001.m4s", "720p/segment-00001.m4s"],
  ["http://a:8004/stream/film/master.m3u8?x=1#y", "master.m3u8"],
  ["https://[::1]:8004/stream/film/subtitles/1-en/subtitles.vtt", "subtitles/1-en/subtitles.vtt"],
])("a plain address is a place: %s", (url, path) => {
  const place = { videoId: "film", path, key: `hls/film/${path}` };
  expect(placeOf(url)).toEqual(place);
  const remembering = createPlaces();
  expect([remembering(url), remembering(url), remembering(url.replace("film", "../x"))]).toEqual([place, place, null]);
});

test.each([
  "http://a/stream/film/original",
  "http://a/stream/film/qualities",
  "http://a/stream/film/720P/playlist.m3u8",
  "http://a/stream/film/",
  "http://a/stream/film",
  "http://a/stream//film/a",
  "http://a/x/stream/film/a",
  "http://a/stream/film/a%2Eb",
  "http://a/stream/film/../b",
  "http://a/stream/film/.b",
  "http://a/stream/film/a/b/c/d/e/f",
  "http://a/health?/stream/film/a",
])("what is not plain is left to the routes: %s", (url) => {
  expect(placeOf(url)).toBeNull();
});
