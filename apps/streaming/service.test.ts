import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { createMetadataClient } from "@video-backend/metadata/client";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createWorld, transcript } from "@video-backend/testing";
import { createStreamingService } from "./service.ts";
import { createTestStreaming, noDemands, noPages, testAccess, testOptions } from "./testing.ts";

const masterText = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=4000000,AVERAGE-BANDWIDTH=3500000,RESOLUTION=1280x720
720p/playlist.m3u8
`;

/** A video `film` whose streams are made, and a service that can lose its metadata. */
async function setup() {
  const world = createWorld();
  const known = createTestMetadata(world);
  let away = false;
  const metadata = createMetadataClient({
    baseUrl: "http://metadata.test",
    retries: 0,
    fetch: (request) => {
      if (away) throw new Error("connection refused");
      return known.service.fetch(request);
    },
  });
  const { service, store } = createTestStreaming(world, metadata);
  await store.put("hls/film/master.m3u8", masterText);
  await store.put("hls/film/720p/playlist.m3u8", "#EXTM3U\n");
  await store.put("hls/film/720p/init.mp4", "init");
  await store.put("hls/film/720p/segment-00001.m4s", "0123456789");
  await store.put("hls/film/pictures/small/sheet.jpg", "jpeg");
  await store.put("hls/film/poster.jpg", "poster");
  await store.put("hls/film/storyboard/storyboard.vtt", "WEBVTT\n");
  await store.put("hls/film/storyboard/sheet-000.jpg", "sheet");
  await store.put("hls/film/.half-written.tmp", "secret");
  await store.put("originals/film/Film, Teil 1.mov", "original");
  await store.put("videos.db", "secret");
  await transcript(known.service)("POST /videos", { json: { hash: "film", filename: "Film, Teil 1.mov" } });
  return {
    world,
    store,
    send: transcript(service),
    tellMetadata: transcript(known.service),
    loseMetadata: () => {
      away = true;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const lasting = "public, max-age=31536000, immutable";
const making = "public, max-age=1, must-revalidate";
const finished = "public, max-age=3600, must-revalidate";

describe("files", () => {
  test.each([
    ["master.m3u8", masterText, "application/vnd.apple.mpegurl", making],
    ["720p/playlist.m3u8", "#EXTM3U\n", "application/vnd.apple.mpegurl", making],
    ["720p/init.mp4", "init", "video/mp4", lasting],
    ["720p/segment-00001.m4s", "0123456789", "video/iso.segment", lasting],
    ["pictures/small/sheet.jpg", "jpeg", "image/jpeg", making],
    ["poster.jpg", "poster", "image/jpeg", making],
    ["storyboard/storyboard.vtt", "WEBVTT\n", "text/vtt", making],
    ["storyboard/sheet-000.jpg", "sheet", "image/jpeg", making],
    ["original", "original", "video/quicktime", lasting],
  ])("%s is served with its own type, length and freshness, to GET and HEAD", async (path, text, type, freshness) => {
    await using streaming = await setup();
    const got = await streaming.send(`GET /stream/film/${path}`);
    const head = await streaming.send(`HEAD /stream/film/${path}`);
    expect(got).toMatchObject({ status: 200, body: text });
    expect(head).toMatchObject({ status: 200, body: "" });
    for (const { headers } of [got, head]) {
      expect(headers.get("content-type")).toBe(type);
      expect(headers.get("content-length")).toBe(String(text.length));
      expect(headers.get("cache-control")).toBe(freshness);
      expect(headers.get("accept-ranges")).toBe("bytes");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-request-id")).toBeString();
      expect(headers.get("etag")).toMatch(/^"[0-9a-z-]+"$/);
      expect(Date.parse(headers.get("last-modified") ?? "")).toBeGreaterThan(0);
    }
  });

  test.each([
    ["nobody/master.m3u8", "Master playlist not found"],
    ["film/480p/playlist.m3u8", "Playlist not found"],
    ["film/720p/segment-00002.m4s", "Segment not found"],
    ["film/pictures/small/none.jpg", "File not found"],
    ["film/none.jpg", "File not found"],
    ["film/720p", "File not found"],
    ["nobody/original", "Video not found"],
    ["nobody/qualities", "Video not found"],
  ])("what is not there is 404 in the words of its route: %s", async (path, detail) => {
    await using streaming = await setup();
    const reply = await streaming.send(`GET /stream/${path}`);
    expect(reply).toMatchObject({ status: 404, body: { detail } });
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });

  test.each([
    "/stream/..%2f..%2fetc/original",
    "/stream/film/..%2f..%2fvideos.db",
    "/stream/film/..%2fplaylist.m3u8/playlist.m3u8",
    "/stream/film/720p/..%2f..%2f..%2fvideos.db",
    "/stream/film/720p/..%5c..%5cvideos.db",
    "/stream/film/%2e%2e/%2e%2e/videos.db",
    "/stream/film/a/b/%2e%2e%2f%2e%2e/videos.db",
    "/stream/film/720p/segment%00.m4s",
    "/stream/film/%ff%fe/x",
    "/stream/film/%zz",
    "/stream/film//etc/passwd",
    "/stream/film/.half-written.tmp",
    "/stream/film/720p/.half-written.tmp",
    "/stream/film/.git/config/x",
    "/stream/film/a/b/c/d/e/f",
    `/stream/${"x".repeat(300)}/master.m3u8`,
    `/stream/film/720p/${"x".repeat(300)}`,
    `/stream/film/${"x/".repeat(300)}x`,
  ])("a hostile path is refused and reads nothing: %s", async (path) => {
    await using streaming = await setup();
    for (const method of ["GET", "HEAD"]) {
      const reply = await streaming.send(`${method} ${path}`);
      expect([400, 404]).toContain(reply.status);
      expect(JSON.stringify(reply.body)).not.toContain("secret");
    }
  });

  test("what may change is kept for an hour when the video is finished, and asked for anew then", async () => {
    await using streaming = await setup();
    await streaming.store.put("hls/film/finished.json", "{}");
    for (const path of ["master.m3u8", "720p/playlist.m3u8", "poster.jpg", "storyboard/storyboard.vtt"]) {
      const { headers } = await streaming.send(`GET /stream/film/${path}`);
      expect(headers.get("cache-control")).toBe(finished);
    }
    // Whoever begins a video anew takes the sign away, and then writes other playlists.
    await streaming.store.remove("hls/film/finished.json");
    await streaming.store.put("hls/film/master.m3u8", masterText);
    expect((await streaming.send("GET /stream/film/master.m3u8")).headers.get("cache-control")).toBe(making);
  });

  test("a name of the wrong form is 400 Invalid path", async () => {
    await using streaming = await setup();
    for (const path of ["..%2fetc/master.m3u8", "film/720P/playlist.m3u8", "film/720p/..m4s", "film/.hidden"]) {
      expect(await streaming.send(`GET /stream/${path}`)).toMatchObject({
        status: 400,
        body: { detail: "Invalid path" },
      });
    }
  });

  test("a store that fails is our fault, told without its insides", async () => {
    await using streaming = await setup();
    const { world, store } = streaming;
    const fail = () => {
      throw new Error("EIO: /srv/secret");
    };
    const service = createStreamingService({
      ...testAccess(world, store),
      ...noPages,
      demands: noDemands,
      store: { ...store, peek: fail, open: fail },
      metadata: createTestMetadata(world).client,
      log: world.log,
    });
    expect(await transcript(service)("GET /stream/film/720p/init.mp4")).toMatchObject({
      status: 500,
      body: { detail: "Internal server error" },
    });
  });
});

describe("ranges", () => {
  const target = "GET /stream/film/720p/segment-00001.m4s";

  test.each([
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
  ])("%s is answered with that part", async (range, text, contentRange) => {
    await using streaming = await setup();
    const reply = await streaming.send(target, { headers: { range } });
    expect(reply.status).toBe(206);
    expect(String(reply.body)).toBe(text);
    expect(reply.headers.get("content-range")).toBe(contentRange);
    expect(reply.headers.get("content-length")).toBe(String(text.length));
    expect(reply.headers.get("content-type")).toBe("video/iso.segment");
  });

  test("the original takes ranges too", async () => {
    await using streaming = await setup();
    const reply = await streaming.send("GET /stream/film/original", { headers: { range: "bytes=0-3" } });
    expect(reply).toMatchObject({ status: 206, body: "orig" });
  });

  test("a range beyond the end is 416 with the length", async () => {
    await using streaming = await setup();
    const reply = await streaming.send(target, { headers: { range: "bytes=10-" } });
    expect(reply).toMatchObject({ status: 416, body: { status: 416 } });
    expect(reply.headers.get("content-range")).toBe("bytes */10");
    expect(reply.headers.get("cache-control")).toBe("no-store");
  });

  test.each(["bytes=0-1,5-6", "bytes=4-2", "lines=1-2"])("%s is ignored", async (range) => {
    await using streaming = await setup();
    const reply = await streaming.send("GET /stream/film/720p/init.mp4", { headers: { range } });
    expect(reply).toMatchObject({ status: 200, body: "init" });
    expect(reply.headers.get("content-range")).toBeNull();
  });

  test("HEAD tells of the whole, whatever the range", async () => {
    await using streaming = await setup();
    const reply = await streaming.send(target.replace("GET", "HEAD"), { headers: { range: "bytes=0-1" } });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("content-length")).toBe("10");
  });

  test("a range of a file that has changed since is answered with the whole", async () => {
    await using streaming = await setup();
    const etag = (await streaming.send(target)).headers.get("etag") ?? "";
    const ranged = (ifRange: string) =>
      streaming.send(target, { headers: { range: "bytes=0-1", "if-range": ifRange } });
    expect((await ranged(etag)).status).toBe(206);
    await streaming.store.put("hls/film/720p/segment-00001.m4s", "another content");
    expect(await ranged(etag)).toMatchObject({ status: 200, body: "another content" });
  });
});

describe("a finished video", () => {
  test("plays from beginning to end while transcoding and metadata are away", async () => {
    await using streaming = await setup();
    streaming.loseMetadata();
    const { world, store } = streaming;
    const nobody = () => Promise.reject(new Error("connection refused"));
    await store.put("hls/film/finished.json", "{}");
    const metadata = createMetadataClient({ baseUrl: "http://metadata.test", retries: 0, fetch: nobody });
    const service = createStreamingService(
      testOptions(world, { demands: { wait: nobody, restore: nobody }, store, metadata }),
    );
    const send = transcript(service);
    for (const path of [
      "master.m3u8",
      "720p/playlist.m3u8",
      "720p/init.mp4",
      "720p/segment-00001.m4s",
      "poster.jpg",
      "storyboard/storyboard.vtt",
      "storyboard/sheet-000.jpg",
      "qualities",
    ]) {
      expect(`${path} ${(await send(`GET /stream/film/${path}`)).status}`).toBe(`${path} 200`);
    }
  });
});

describe("the original", () => {
  test("is asked of metadata once, and goes on playing while that is away, for as long as the file is there", async () => {
    await using streaming = await setup();
    expect((await streaming.send("GET /stream/film/original")).status).toBe(200);
    streaming.loseMetadata();
    const range = { headers: { range: "bytes=0-3" } };
    expect(await streaming.send("GET /stream/film/original", range)).toMatchObject({ status: 206, body: "orig" });
    await streaming.store.remove("originals/film");
    expect((await streaming.send("GET /stream/film/original")).status).toBe(503);
  });

  test("is 404 when its file is gone", async () => {
    await using streaming = await setup();
    await streaming.store.remove("originals/film");
    expect(await streaming.send("GET /stream/film/original")).toMatchObject({
      status: 404,
      body: { detail: "Original file not found" },
    });
  });

  test.each(["../../videos.db", "..", ".hidden", "a/b.mp4", "a\\b.mp4", "a\u0000.mp4"])(
    "is never sought under a name that leaves its folder: %j",
    async (filename) => {
      await using streaming = await setup();
      await streaming.tellMetadata("POST /videos", { json: { hash: "trap", filename } });
      await streaming.store.put("originals/trap/real.mp4", "original");
      expect(await streaming.send("GET /stream/trap/original")).toMatchObject({
        status: 404,
        body: { detail: "Original file not found" },
      });
    },
  );

  test("needs metadata", async () => {
    await using streaming = await setup();
    streaming.loseMetadata();
    const reply = await streaming.send("GET /stream/film/original");
    expect(reply.status).toBe(503);
    expect(reply.body.detail).toStartWith("Metadata service unavailable");
  });
});

describe("qualities", () => {
  const rendition = {
    playlist: "720p/playlist.m3u8",
    resolution: "1280x720",
    bandwidth: 4_000_000,
    average_bandwidth: 3_500_000,
  };

  test("are the master's renditions and the original", async () => {
    await using streaming = await setup();
    await streaming.tellMetadata("PUT /videos/film", {
      json: { original_resolution: "1920x1080", original_quality_label: "1080p" },
    });
    expect(await streaming.send("GET /stream/film/qualities")).toMatchObject({
      status: 200,
      body: {
        master: "master.m3u8",
        manifest: null,
        qualities: {
          "720p": rendition,
          original: { file: "Film, Teil 1.mov", resolution: "1920x1080", quality_label: "1080p" },
        },
        available: ["720p", "original"],
        original_quality_label: "1080p",
        original_resolution: "1920x1080",
      },
    });
  });

  test("are the original alone while there is no master, and nothing when that is gone too", async () => {
    await using streaming = await setup();
    await streaming.store.remove("hls/film");
    expect((await streaming.send("GET /stream/film/qualities")).body).toMatchObject({
      master: null,
      manifest: null,
      available: ["original"],
    });
    await streaming.store.remove("originals/film");
    expect((await streaming.send("GET /stream/film/qualities")).body).toMatchObject({ qualities: {}, available: [] });
  });

  test("are the renditions alone while metadata is away or does not know the video", async () => {
    await using streaming = await setup();
    const alone = {
      master: "master.m3u8",
      manifest: null,
      qualities: { "720p": rendition },
      available: ["720p"],
      original_quality_label: null,
      original_resolution: null,
    };
    await streaming.tellMetadata("DELETE /videos/film");
    expect(await streaming.send("GET /stream/film/qualities")).toMatchObject({ status: 200, body: alone });
    streaming.loseMetadata();
    expect((await streaming.send("GET /stream/film/qualities")).body).toEqual(alone);
  });

  test("cannot be told without master and metadata", async () => {
    await using streaming = await setup();
    streaming.loseMetadata();
    const reply = await streaming.send("GET /stream/nobody/qualities");
    expect(reply.status).toBe(503);
    expect(reply.body.detail).toStartWith("Metadata service unavailable");
  });
});

describe("the shell", () => {
  test("any page may read, errors too, and ask with a Range", async () => {
    await using streaming = await setup();
    const origin = "https://player.example";
    for (const path of ["film/master.m3u8", "nobody/master.m3u8"]) {
      const { headers } = await streaming.send(`GET /stream/${path}`, { headers: { origin } });
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-expose-headers")).toContain("Content-Range");
    }
    const preflight = await streaming.send("OPTIONS /stream/film/original", {
      headers: { origin, "access-control-request-method": "GET", "access-control-request-headers": "range" },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Range");
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET,HEAD,OPTIONS");
  });

  test("is healthy while the storage can be read, and says so when it cannot", async () => {
    await using streaming = await setup();
    expect(await streaming.send("GET /health")).toMatchObject({ body: { service: "streaming_service" }, status: 200 });
    const { world } = streaming;
    await writeFile(world.path("a-file"), "");
    const service = createStreamingService({
      ...testAccess(world, streaming.store),
      ...noPages,
      demands: noDemands,
      store: createDirectoryStore(world.path("a-file")),
      metadata: createTestMetadata(world).client,
      log: world.log,
    });
    const sick = await transcript(service)("GET /health");
    expect(sick).toMatchObject({ status: 503, body: { status: "unhealthy" } });
    expect(sick.body.failed.storage).toBeString();
  });

  test("documents every route with an operationId", async () => {
    await using streaming = await setup();
    const { body } = await streaming.send("GET /openapi.json");
    expect(Object.keys(body.paths).sort()).toEqual([
      "/health",
      "/health/live",
      "/health/ready",
      "/metrics",
      "/oembed",
      "/play/{token}/{id}/{asset_path}",
      "/stream/{id}/master.m3u8",
      "/stream/{id}/original",
      "/stream/{id}/qualities",
      "/stream/{id}/{asset_path}",
      "/stream/{id}/{quality}/playlist.m3u8",
      "/stream/{id}/{quality}/{segment}",
      "/watch/{id}",
    ]);
    for (const path of Object.values<Record<string, { operationId?: string }>>(body.paths)) {
      for (const operation of Object.values(path)) expect(operation.operationId).toBeString();
    }
  });
});
