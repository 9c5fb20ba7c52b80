import { describe, expect, test } from "bun:test";
import { signPlaybackToken } from "@video-backend/access";
import { createMetadataClient } from "@video-backend/metadata/client";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld, transcript } from "@video-backend/testing";
import { createStreamingService } from "../service.ts";
import { createTestStreaming } from "../testing.ts";

const masterText = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=360x640
360p/playlist.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=4000000,RESOLUTION=720x1280
720p/playlist.m3u8
`;

/** The first bytes of a JPEG of 4 x 3, which is all that is read of it. */
const jpeg = new Uint8Array([
  ...[0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0],
  ...[0xff, 0xc0, 0, 17, 8, 0, 3, 0, 4, 3, 1, 34, 0, 2, 17, 1, 3, 17, 1, 0xff, 0xd9],
]);

const title = `"A" <script>alert(1)</script> & 'b'`;
const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

/** A portrait video `film` that plays, one `fresh` that was just uploaded, and a metadata that can be lost. */
async function setup(publicUrl: string | null = null) {
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
  const { store, deps } = createTestStreaming(world, metadata);
  const service = createStreamingService({ ...deps, publicUrl });
  await store.put("hls/film/master.m3u8", masterText);
  await store.put("hls/film/poster.jpg", jpeg);
  const tell = transcript(known.service);
  await tell("POST /videos", { json: { hash: "film", filename: "Film, Teil 1.mov", title, description: "</main>" } });
  await tell("POST /videos", { json: { hash: "fresh", filename: "<b>IMG_1.final.MOV" } });
  return {
    store,
    tell,
    tokenFor: (videoId: string) => signPlaybackToken(deps.playbackKeys, videoId, world.clock.now() + 60),
    send: transcript(service),
    loseMetadata: () => {
      away = true;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

describe("the page", () => {
  test("plays the video from addresses beside it, in the ratio of its picture", async () => {
    await using watching = await setup();
    const { status, headers, body } = await watching.send("GET /watch/film", { headers: html });
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(headers.get("cache-control")).toBe("private, no-cache");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    for (const part of [
      'src="../stream/film/master.m3u8"',
      'poster="../stream/film/poster.jpg"',
      'storyboard="../stream/film/storyboard/storyboard.vtt"',
      'style="aspect-ratio: 720 / 1280"',
      'start="0"',
      '<script type="module" src="assets/page.js">',
      '<link rel="stylesheet" href="assets/page.css">',
    ]) {
      expect(body).toContain(part);
    }
    expect(body).not.toMatch(/autoplay|muted|framed/);
  });

  test("lets nothing that people wrote become a part of it, and runs no script but its own", async () => {
    await using watching = await setup();
    const { headers, body } = await watching.send("GET /watch/film", { headers: html });
    const escaped = "&quot;A&quot; &lt;script&gt;alert(1)&lt;/script&gt; &amp; &#39;b&#39;";
    expect(body).toContain(`<title>${escaped}</title>`);
    expect(body).toContain(`<h1>${escaped}</h1>`);
    expect(body).toContain(`video-title="${escaped}"`);
    expect(body).toContain(`<meta property="og:title" content="${escaped}">`);
    expect(body).toContain("&lt;/main&gt;");
    expect(body.match(/<script/g)).toHaveLength(1);
    const policy = headers.get("content-security-policy")?.split("; ");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(headers.get("content-security-policy")).not.toContain("frame-ancestors");
  });

  test("is called like its file where nobody gave it a title", async () => {
    await using watching = await setup();
    expect((await watching.send("GET /watch/fresh")).body).toContain("<h1>&lt;b&gt;IMG_1.final</h1>");
  });

  test.each([
    ["?autoplay=1&muted=1&t=90", /start="90"[^>]* autoplay muted/],
    ["?t=12.5", /start="12.5"/],
    ["?t=-1&autoplay=yes", /start="0" page-keys\s+style/],
    ['?t="><script>', /start="0"/],
    ["?embed=1", /<body class="framed">/],
  ])("begins as its address says: %s", async (query, part) => {
    await using watching = await setup();
    expect((await watching.send(`GET /watch/film${query}`)).body).toMatch(part);
  });

  test("is the picture alone in a frame of another page", async () => {
    await using watching = await setup();
    const { body, headers } = await watching.send("GET /watch/film", { headers: { "sec-fetch-dest": "iframe" } });
    expect(body).toContain('<body class="framed">');
    expect(body).not.toContain("<h1>");
    expect(headers.get("vary")).toContain("Sec-Fetch-Dest");
  });

  test("needs neither metadata nor poster, nor streams where metadata knows the video", async () => {
    await using watching = await setup();
    await watching.store.remove("hls/film/poster.jpg");
    const early = await watching.send("GET /watch/fresh");
    expect(early).toMatchObject({ status: 200 });
    expect(early.body).toContain("aspect-ratio: 1280 / 720");
    watching.loseMetadata();
    const { status, body } = await watching.send("GET /watch/film");
    expect(status).toBe(200);
    expect(body).toContain('poster=""');
    expect(body).not.toMatch(/<h1>|og:image|og:description/);
  });

  test.each([
    ["nobody", 404, "There is no such video", "Video not found"],
    ["a..b", 404, "There is no such video", "Invalid path"],
  ])("is an error for %s: to people as a page, to programs as a problem", async (id, status, heading, detail) => {
    await using watching = await setup();
    const page = await watching.send(`GET /watch/${id}`, { headers: html });
    expect(page.status).toBe(status);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.body).toContain(`<h1>${heading}</h1>`);
    for (const headers of [{}, { accept: "*/*" }, { accept: "application/json" }] as Record<string, string>[]) {
      const problem = await watching.send(`GET /watch/${id}`, { headers });
      expect(problem.headers.get("content-type")).toBe("application/problem+json");
      expect(problem.body.detail).toBe(detail);
    }
  });

  test("is an error while nobody can say whether there is such a video, and where it cannot be played", async () => {
    await using watching = await setup();
    await watching.tell("PUT /videos/fresh", { json: { transcoding_status: "transcoding" } });
    await watching.tell("PUT /videos/fresh", { json: { transcoding_status: "failed", error: "no picture" } });
    expect(await watching.send("GET /watch/fresh")).toMatchObject({
      status: 404,
      body: { detail: "This video could not be made playable" },
    });
    watching.loseMetadata();
    expect((await watching.send("GET /watch/fresh", { headers: html })).body).toContain("<h1>Not now</h1>");
    expect((await watching.send("GET /watch/fresh")).status).toBe(503);
  });

  test("has no files but its own", async () => {
    await using watching = await setup();
    for (const name of ["none.js", "..%2f..%2fvideos.db"]) {
      expect((await watching.send(`GET /watch/assets/${name}`)).status).toBe(404);
    }
  });
});

describe("links for other sites", () => {
  test("are whole, and lead to where the service is for the world", async () => {
    await using watching = await setup("https://video.example/media");
    const { body } = await watching.send("GET /watch/film");
    const page = "https://video.example/media/watch/film";
    const oembed = `https://video.example/media/oembed?url=${encodeURIComponent(page)}&amp;format=json`;
    for (const tag of [
      `<link rel="canonical" href="${page}">`,
      `<link rel="alternate" type="application/json+oembed" href="${oembed}"`,
      '<meta property="og:type" content="video.other">',
      `<meta property="og:url" content="${page}">`,
      '<meta property="og:image" content="https://video.example/media/stream/film/poster.jpg">',
      '<meta property="og:image:width" content="4">',
      '<meta property="og:image:height" content="3">',
      `<meta property="og:video" content="${page}?embed=1">`,
      '<meta property="og:video:width" content="720">',
      '<meta name="twitter:card" content="player">',
      `<meta name="twitter:player" content="${page}?embed=1">`,
    ]) {
      expect(body).toContain(tag);
    }
  });

  test("lead to where the request found it, without that setting", async () => {
    await using watching = await setup();
    expect((await watching.send("GET /watch/film")).body).toContain('href="http://service.test/watch/film"');
  });
});

describe("oEmbed", () => {
  const ask = (url: string, more = "") => `GET /oembed?url=${encodeURIComponent(url)}${more}`;
  const page = "http://service.test/watch/film";

  test("tells how to embed a video", async () => {
    await using watching = await setup();
    const { status, body } = await watching.send(ask(page));
    expect(status).toBe(200);
    expect(body).toEqual({
      version: "1.0",
      type: "video",
      provider_name: "service.test",
      provider_url: "http://service.test",
      title,
      width: 270,
      height: 480,
      html: expect.stringContaining('<iframe src="http://service.test/watch/film?embed=1" width="270" height="480"'),
      thumbnail_url: "http://service.test/stream/film/poster.jpg",
      thumbnail_width: 4,
      thumbnail_height: 3,
    });
    expect(body.html).toContain("&lt;script&gt;");
    expect(body.html).not.toContain("\n");
  });

  test.each([
    ["&maxwidth=90", { width: 90, height: 160 }],
    ["&maxheight=320", { width: 180, height: 320 }],
    ["&maxwidth=1000&maxheight=320", { width: 180, height: 320 }],
  ])("keeps to the room there is: %s", async (room, size) => {
    await using watching = await setup();
    expect((await watching.send(ask(page, room))).body).toMatchObject(size);
  });

  test("knows its pages by either address, with whatever follows", async () => {
    await using watching = await setup("https://video.example/media");
    for (const url of [
      page,
      "https://video.example/media/watch/film?t=3#x",
      "https://video.example/media/watch/film/",
    ]) {
      expect(await watching.send(ask(url))).toMatchObject({ status: 200, body: { title } });
    }
  });

  test("keeps the token that a page was given by", async () => {
    await using watching = await setup();
    const token = watching.tokenFor("film");
    const { body } = await watching.send(ask(`${page}?t=3&token=${token}`));
    expect(body.html).toContain(`src="http://service.test/watch/film?embed=1&amp;token=${token}"`);
    expect(body.thumbnail_url).toBe(`http://service.test/play/${token}/film/poster.jpg`);
  });

  test.each([
    "http://elsewhere.test/watch/film",
    "https://service.test/watch/film",
    "http://service.test.evil.test/watch/film",
    "http://service.test/stream/film/master.m3u8",
    "http://service.test/watch/nobody",
    "http://service.test/watch/..%2ffilm",
    "javascript:alert(1)",
    "film",
    "",
  ])("is 404 for what is no page of a video here: %j", async (url) => {
    await using watching = await setup();
    const reply = await watching.send(ask(url));
    expect(reply.status).toBe(404);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
  });

  test("is 501 for another format, and 422 for a query that does not fit", async () => {
    await using watching = await setup();
    expect(await watching.send(ask(page, "&format=xml"))).toMatchObject({ status: 501, body: { status: 501 } });
    for (const query of ["", `?url=${page}&maxwidth=wide`, `?url=${page}&maxheight=0`]) {
      expect((await watching.send(`GET /oembed${query}`)).status).toBe(422);
    }
  });
});

test("a private video's page, and what oEmbed says of it, are for those who have a token", async () => {
  await using watching = await setup();
  const { send, tell, tokenFor } = watching;
  await tell("PUT /videos/film", { json: { visibility: "private" } });
  const url = "http://service.test/watch/film";
  const oembed = (page: string) => `GET /oembed?url=${encodeURIComponent(page)}`;
  const html = { headers: { accept: "text/html" } };

  const page = await send("GET /watch/film", html);
  expect(page.status).toBe(403);
  expect(page.body).toContain("This video is private");
  for (const secret of [title, "film.mp4", "poster.jpg"]) expect(page.body).not.toContain(secret);
  expect((await send("GET /watch/film?token=wrong", html)).status).toBe(403);
  expect((await send("GET /watch/nobody?token=wrong", html)).status).toBe(403);
  expect((await send(oembed(url))).status).toBe(403);

  const token = tokenFor("film");
  const shown = await send(`GET /watch/film?token=${token}`, html);
  expect(shown.status).toBe(200);
  expect(shown.body).toContain(`../play/${token}/film/master.m3u8`);
  expect(shown.headers.get("cache-control")).toBe("private, no-cache");
  expect((await send(oembed(`${url}?token=${token}`))).status).toBe(200);
});
