/** Who gets what, as requests and answers: plain, with a token, and with one that is wrong. */
import { describe, expect, test } from "bun:test";
import { playbackKey, playPath, signPlaybackToken } from "@video-backend/access";
import { createTestMetadata, testPlaybackKeys } from "@video-backend/metadata/testing";
import { createLog, ServiceError } from "@video-backend/service";
import { privateMarkKey } from "@video-backend/storage/layout";
import { createWorld, type Reply, transcript } from "@video-backend/testing";
import type { Demands } from "../demands/demands.ts";
import { createStreamingService } from "../service.ts";
import { createTestStreaming } from "../testing.ts";
import { createPrivateVideos } from "./private-videos.ts";

const files = [
  "master.m3u8",
  "manifest.mpd",
  "720p/playlist.m3u8",
  "720p/init-libx264.mp4",
  "720p/segment-00001.m4s",
  "audio/segment-00001.m4s",
  "subtitles-en/subtitles.vtt",
  "storyboard/storyboard.vtt",
  "storyboard/sheet-000.jpg",
  "poster.jpg",
];
const everything = [...files, "original", "qualities"];
const missing = [
  "none.m3u8",
  "480p/playlist.m3u8",
  "720p/segment-00002.m4s",
  "a/b/c/none.jpg",
  "480P",
  ".hidden",
  "x/..m4s",
];

/** `film` is private, `open` is public, both have everything; `nobody` is not there. */
async function setup() {
  const world = createWorld();
  let away = false;
  const known = createTestMetadata(world, () => away);
  const metadata = transcript(known.service);
  const demanded: string[] = [];
  const demands: Demands = {
    restore: () => Promise.reject(new ServiceError("not_found", "File not found")),
    wait: async (id, quality, index) => {
      demanded.push(`${id} ${quality} ${index}`);
      throw new ServiceError("not_found", "Segment not found");
    },
  };
  const { service, store, deps } = createTestStreaming(world, known.client, demands);
  for (const [hash, visibility] of [
    ["film", "private"],
    ["open", "public"],
  ] as const) {
    await metadata("POST /videos", { json: { hash, filename: "film.mp4", visibility } });
    await store.put(`originals/${hash}/film.mp4`, "secret");
    for (const file of files) await store.put(`hls/${hash}/${file}`, "secret");
  }
  const tokenFor = (videoId: string, seconds = 60, keys = testPlaybackKeys) =>
    signPlaybackToken(keys, videoId, world.clock.now() + seconds);
  return {
    world,
    store,
    metadata,
    demanded,
    tokenFor,
    deps,
    send: transcript(service),
    loseMetadata: () => {
      away = true;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** All that a stranger could tell two answers apart by. */
function told({ status, headers, body }: Reply) {
  const { request_id, ...rest } = body;
  const fields = Object.fromEntries([...headers].filter(([name]) => name !== "x-request-id"));
  return { status, fields, rest, idLength: request_id.length };
}

describe("a private video", () => {
  test("is refused on the plain path, in one and the same answer, whatever is there", async () => {
    await using streaming = await setup();
    const answers = [];
    for (const path of [...everything, ...missing]) {
      const reply = await streaming.send(`GET /stream/film/${path}`);
      expect(reply.status).toBe(403);
      expect(reply.headers.get("cache-control")).toBe("no-store");
      expect(reply.headers.get("content-type")).toBe("application/problem+json");
      expect(reply.headers.get("access-control-allow-origin")).toBe("*");
      expect(reply.body).toMatchObject({
        type: "urn:video-backend:problem:forbidden",
        detail: "No valid playback token for this video",
      });
      answers.push(told(reply));
      expect(await streaming.send(`HEAD /stream/film/${path}`)).toMatchObject({ status: 403, body: "" });
    }
    for (const answer of answers) expect(answer).toEqual(answers[0] as (typeof answers)[0]);
  });

  test("is all there for a token, for this viewer's cache alone", async () => {
    await using streaming = await setup();
    const token = streaming.tokenFor("film");
    for (const path of everything) {
      const reply = await streaming.send(`GET ${playPath(token, "film", path)}`);
      expect(reply.status).toBe(200);
      expect(reply.headers.get("cache-control")).toMatch(/^private\b/);
      expect(reply.headers.get("cache-control")).not.toContain("public");
      const open = await streaming.send(`GET /stream/open/${path}`);
      expect(JSON.stringify(reply.body)).toBe(JSON.stringify(open.body));
    }
    const lasting = await streaming.send(`GET ${playPath(token, "film", "720p/segment-00001.m4s")}`);
    expect(lasting.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    const part = await streaming.send(`GET ${playPath(token, "film", "original")}`, {
      headers: { range: "bytes=0-2" },
    });
    expect(part).toMatchObject({ status: 206, body: "sec" });
    expect(part.headers.get("cache-control")).toMatch(/^private\b/);
  });

  test("may be kept by shared caches until the token expires, where an operator says so", async () => {
    await using streaming = await setup();
    const send = transcript(createStreamingService({ ...streaming.deps, privateCaching: "shared" }));
    const freshness = async (path: string, seconds: number) =>
      (await send(`GET ${playPath(streaming.tokenFor("film", seconds), "film", path)}`)).headers.get("cache-control");
    const segment = "720p/segment-00001.m4s";
    expect(await freshness(segment, 60)).toBe("public, max-age=31536000, immutable, s-maxage=60");
    expect(await freshness(segment, 1)).toEndWith("s-maxage=1");
    expect(await freshness("none.m4s", 60)).toBe("no-store");
    expect(await freshness(segment, 0)).toBe("no-store");
  });

  test("says to the holder of a token what is missing, as any video does", async () => {
    await using streaming = await setup();
    for (const path of missing) {
      const withToken = await streaming.send(`GET ${playPath(streaming.tokenFor("film"), "film", path)}`);
      const open = await streaming.send(`GET /stream/open/${path}`);
      expect([400, 404]).toContain(open.status);
      expect(told(withToken)).toEqual(told(open));
    }
  });

  test("makes nobody work without a token", async () => {
    await using streaming = await setup();
    const wanted = "720p/segment-00009.m4s";
    await streaming.send(`GET /stream/film/${wanted}`);
    await streaming.send(`GET ${playPath("wrong", "film", wanted)}`);
    expect(streaming.demanded).toEqual([]);
    await streaming.send(`GET ${playPath(streaming.tokenFor("film"), "film", wanted)}`);
    expect(streaming.demanded).toEqual(["film 720p 9"]);
  });

  test("stays private, and a public one public, while metadata is away", async () => {
    await using streaming = await setup();
    streaming.loseMetadata();
    for (const path of files) {
      expect((await streaming.send(`GET /stream/film/${path}`)).status).toBe(403);
      expect((await streaming.send(`GET /stream/open/${path}`)).status).toBe(200);
      expect((await streaming.send(`GET ${playPath(streaming.tokenFor("film"), "film", path)}`)).status).toBe(200);
    }
    for (const path of ["original", "qualities"]) {
      expect((await streaming.send(`GET /stream/film/${path}`)).status).toBe(403);
    }
  });

  test("becomes public, and private again, within a second", async () => {
    await using streaming = await setup();
    const status = async () => (await streaming.send("GET /stream/film/master.m3u8")).status;
    for (const [visibility, expected] of [
      ["public", 200],
      ["private", 403],
    ] as const) {
      await status();
      await streaming.metadata("PUT /videos/film", { json: { visibility } });
      streaming.world.clock.advance(1);
      expect(await status()).toBe(expected);
    }
  });

  test("is not opened by deleting it while its files are there", async () => {
    await using streaming = await setup();
    await streaming.metadata("DELETE /videos/film");
    streaming.world.clock.advance(1);
    for (const path of everything) expect((await streaming.send(`GET /stream/film/${path}`)).status).toBe(403);
  });
});

describe("a token", () => {
  test("that is wrong is 403 for any video, there or not, and for what is no video", async () => {
    await using streaming = await setup();
    const { tokenFor, send, world } = streaming;
    const stranger = [playbackKey("test", "another secret of at least 32 bytes")];
    const wrong = [
      "",
      "wrong",
      "k1.zzzzzz.AAAAAAAAAAAAAAAAAAAAAAAA",
      tokenFor("film", 0),
      tokenFor("film", -1),
      tokenFor("film", 60, stranger),
      tokenFor("other"),
      tokenFor("film").slice(0, -1),
      `${tokenFor("film")}A`,
      `${tokenFor("film")}%20`,
    ];
    const first = told(await send("GET /stream/film/original"));
    for (const token of wrong) {
      for (const videoId of ["film", "open", "nobody", "..%2fetc", "a.b", "x".repeat(300)]) {
        for (const path of ["master.m3u8", "none.jpg", ".hidden"]) {
          const reply = await send(`GET /play/${token}/${videoId}/${path}`);
          expect(told(reply)).toEqual(first);
        }
      }
    }
    world.clock.advance(1);
    expect(told(await send(`GET /play/wrong/nobody/original`))).toEqual(first);
  });

  test("ends at its second", async () => {
    await using streaming = await setup();
    const target = `GET ${playPath(streaming.tokenFor("film", 60), "film", "720p/segment-00001.m4s")}`;
    streaming.world.clock.advance(59);
    expect((await streaming.send(target)).status).toBe(200);
    streaming.world.clock.advance(1);
    expect((await streaming.send(target)).status).toBe(403);
  });

  test("plays a public video as well, for every cache, and finds nothing where there is nothing", async () => {
    await using streaming = await setup();
    for (const path of everything) {
      const open = await streaming.send(`GET /stream/open/${path}`);
      const byToken = await streaming.send(`GET ${playPath(streaming.tokenFor("open"), "open", path)}`);
      expect(byToken.status).toBe(200);
      expect(byToken.headers.get("cache-control")).toBe(open.headers.get("cache-control"));
    }
    const absent = await streaming.send(`GET ${playPath(streaming.tokenFor("nobody"), "nobody", "master.m3u8")}`);
    expect(absent).toMatchObject({ status: 404, body: { detail: "Master playlist not found" } });
    expect(await streaming.send("GET /stream/nobody/master.m3u8")).toMatchObject({ status: 404 });
  });

  test("of a key that was rotated out is refused, and of one that is still listed is not", async () => {
    await using streaming = await setup();
    const old = streaming.tokenFor("film");
    const fresh = playbackKey("fresh", "a fresh secret of at least 32 bytes");
    const status = async (keys: typeof testPlaybackKeys, token: string) => {
      const send = transcript(createStreamingService({ ...streaming.deps, playbackKeys: keys }));
      return (await send(`GET ${playPath(token, "film", "poster.jpg")}`)).status;
    };
    expect(await status([fresh, ...testPlaybackKeys], old)).toBe(200);
    expect(await status([fresh], old)).toBe(403);
    expect(await status([fresh], streaming.tokenFor("film", 60, [fresh]))).toBe(200);
    expect(await status([], old)).toBe(403);
  });

  test("never stands in a log, nor does it in an answer to a wrong path", async () => {
    await using streaming = await setup();
    const lines: string[] = [];
    const log = createLog("test", "trace", { write: (line) => void lines.push(line) });
    const { peek: _, ...withoutPeek } = streaming.deps.store;
    const broken = { ...withoutPeek, open: () => Promise.reject(new Error("EIO")) };
    const token = streaming.tokenFor("film");
    for (const store of [streaming.deps.store, broken]) {
      const send = transcript(createStreamingService({ ...streaming.deps, store, log, logFiles: true }));
      const headers = { referer: `http://page.test/watch/film?token=${token}` };
      for (const target of [
        playPath(token, "film", "master.m3u8"),
        playPath(token, "film", "none.m4s"),
        playPath(token, "nobody", "none.m4s"),
        `/play/${token}`,
        `/play/${token}/`,
        `/pl%61y/${token}/film/none`,
        `/stream/film/master.m3u8?token=${token}`,
      ]) {
        await send(`GET ${target}`, { headers });
        await send(`POST ${target}`, { headers });
      }
    }
    expect(lines.length).toBeGreaterThan(28);
    expect(lines.join("")).toContain("EIO");
    expect(lines.join("")).not.toContain(token.slice(-20));
  });
});

describe("no way round", () => {
  test.each([
    "/stream/%66ilm/master.m3u8",
    "/stream/fil%6D/720p/segment-00001.m4s",
    "//stream/film/master.m3u8",
    "/stream//film/master.m3u8",
    "/stream/film//master.m3u8",
    "/stream/./film/master.m3u8",
    "/stream/open/../film/master.m3u8",
    "/stream/open/..%2ffilm/master.m3u8",
    "/stream/open/%2e%2e/film/master.m3u8",
    "/stream/film%2fmaster.m3u8",
    "/stream/film%00/master.m3u8",
    "/stream/film/master.m3u8/",
    "/stream/film/./master.m3u8?x=1",
    "/stream/film;x/master.m3u8",
    "/Stream/film/master.m3u8",
    "/play/film/master.m3u8",
    "/play/stream/film/master.m3u8",
    "/play/x/play/x/film/master.m3u8",
    "/%70lay//film/master.m3u8",
    "/play%2fx/film/master.m3u8",
    "/stream/private/film",
  ])("%s", async (target) => {
    await using streaming = await setup();
    for (const method of ["GET", "HEAD", "POST", "PUT", "OPTIONS"]) {
      const reply = await streaming.send(`${method} ${target}`);
      if (method === "GET") expect([400, 403, 404]).toContain(reply.status);
      expect(JSON.stringify(reply.body)).not.toContain("secret");
    }
  });

  test("leads from one video's token to another's files", async () => {
    await using streaming = await setup();
    const token = streaming.tokenFor("open");
    for (const path of ["../film/original", "..%2ffilm/original", "%2e%2e/film/original", "..%5cfilm/original"]) {
      const reply = await streaming.send(`GET ${playPath(token, "open", path)}`);
      expect([400, 403, 404]).toContain(reply.status);
      expect(JSON.stringify(reply.body)).not.toContain("secret");
    }
  });

  test("every route below /stream/{id}/ that is documented is guarded", async () => {
    await using streaming = await setup();
    const { paths } = (await streaming.send("GET /openapi.json")).body;
    const streams = Object.keys(paths).filter((path) => path.startsWith("/stream/"));
    expect(streams.length).toBeGreaterThan(5);
    for (const path of streams) {
      const target = path.replace("{id}", "film").replaceAll(/\{\w+\}/g, "x");
      expect((await streaming.send(`GET ${target}`)).status).toBe(403);
    }
  });
});

describe("a storage that cannot be asked", () => {
  test("keeps everything closed, with or without a token", async () => {
    await using streaming = await setup();
    const { deps, tokenFor } = streaming;
    const exists = () => Promise.reject(new Error("EIO"));
    const privateVideos = createPrivateVideos({ exists }, deps.now);
    const send = transcript(createStreamingService({ ...deps, privateVideos }));
    for (const target of ["/stream/film/original", "/stream/open/original", playPath(tokenFor("film"), "film", "x")]) {
      const reply = await send(`GET ${target}`);
      expect(reply).toMatchObject({ status: 503 });
      expect(reply.headers.get("retry-after")).toBe("1");
    }
    expect((await send("GET /play/wrong/film/original")).status).toBe(403);
  });

  test("is not believed to have no marks when it comes back", async () => {
    await using streaming = await setup();
    const { deps, store } = streaming;
    let mounted = false;
    const exists = async (key: string) => mounted && store.exists(key);
    const open = async (key: string) => (mounted ? store.open(key) : null);
    const privateVideos = createPrivateVideos({ exists }, deps.now);
    const { peek: _, ...withoutPeek } = store;
    const unmounted = { ...withoutPeek, exists, open };
    const send = transcript(createStreamingService({ ...deps, store: unmounted, privateVideos }));
    expect((await send("GET /stream/film/master.m3u8")).status).toBe(404);
    mounted = true;
    expect((await send("GET /stream/film/master.m3u8")).status).toBe(403);
  });
});

describe("looking for marks", () => {
  /** A store that counts what it is asked. */
  function counted(marked: Set<string>) {
    const asked: string[] = [];
    const exists = async (key: string) => {
      asked.push(key);
      return key.startsWith("hls/film") || marked.has(key);
    };
    let time = 1000;
    const videos = createPrivateVideos({ exists }, () => time);
    const advance = (seconds: number) => {
      time += seconds;
    };
    return { asked, videos, advance };
  }

  test("is done once a second for a video, however many ask, and at once where it is known", async () => {
    const { asked, videos, advance } = counted(new Set());
    await Promise.all(Array.from({ length: 1000 }, () => videos.isPrivate("film")));
    expect(videos.isPrivate("film")).toBe(false);
    expect(asked).toEqual(["hls/film", privateMarkKey("film")]);
    advance(0.999);
    expect(videos.isPrivate("film")).toBe(false);
    advance(0.001);
    expect(await videos.isPrivate("film")).toBe(false);
    expect(asked).toHaveLength(4);
    advance(-3600);
    await videos.isPrivate("film");
    expect(asked).toHaveLength(6);
  });

  test("counts the second from before the look", async () => {
    let marked = false;
    let time = 1000;
    const answered = Promise.withResolvers<void>();
    const exists = async (key: string) => {
      const there = key === "hls/film" || marked;
      if (key !== "hls/film") await answered.promise;
      return there;
    };
    const videos = createPrivateVideos({ exists }, () => time);
    const slow = videos.isPrivate("film");
    // The slow look has seen no mark by then.
    await Promise.resolve();
    await Promise.resolve();
    marked = true;
    time += 1;
    const later = videos.isPrivate("film");
    answered.resolve();
    expect([await slow, await later]).toEqual([false, true]);
    expect(videos.isPrivate("film")).toBe(true);
  });

  test("remembers some thousands of videos and no names that nobody has", async () => {
    const { asked, videos } = counted(new Set());
    for (let index = 0; index < 10_001; index++) await videos.isPrivate(`film${index}`);
    const before = asked.length;
    expect(videos.isPrivate("film10000")).toBe(false);
    await videos.isPrivate("film0");
    expect(asked.length).toBe(before + 2);
    await videos.isPrivate("nobody");
    await videos.isPrivate("nobody");
    expect(asked.length).toBe(before + 8);
  });
});
