import { describe, expect, test } from "bun:test";
import { createWorld, transcript } from "@video-backend/testing";
import { createTestAdmin } from "../testing.ts";

/** A video `film`, uploaded, registered and being transcoded. */
async function setup() {
  const world = createWorld();
  const admin = createTestAdmin(world);
  const metadata = transcript(admin.metadata);
  await metadata("POST /videos", { json: { hash: "film", filename: "film.mp4" } });
  await admin.store.put("originals/film/film.mp4", "original");
  await admin.store.put("hls/film/master.m3u8", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n720p/playlist.m3u8\n");
  await admin.store.put("hls/film/720p/segment-00001.m4s", "abcdefghij");
  await admin.store.put("videos.db.txt", "secret");
  admin.jobs.set("film", { filename: "film.mp4", networkSpeed: 10, overall: "running" });
  admin.asked.length = 0;
  return {
    ...admin,
    metadata,
    send: transcript(admin.service),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

describe("the library", () => {
  test("is a bare array, searched as metadata searches", async () => {
    await using admin = await setup();
    const list = await admin.send("GET /videos");
    expect(list.status).toBe(200);
    expect(list.body).toBeArrayOfSize(1);
    expect(list.body[0]).toMatchObject({ hash: "film", filename: "film.mp4" });
    expect((await admin.send("GET /videos?q=nothing")).body).toEqual([]);
  });

  test("tells, stops, resumes and deletes one", async () => {
    await using admin = await setup();
    expect((await admin.send("GET /videos/film")).body).toMatchObject({ hash: "film", stopped: 0 });
    expect((await admin.send("PUT /videos/film/stop")).body).toMatchObject({ status: "stopped" });
    expect((await admin.send("GET /videos/film")).body).toMatchObject({ stopped: 1 });
    expect(admin.jobs.get("film")?.overall).toBe("stopped");
    expect((await admin.send("PUT /videos/film/resume")).body).toMatchObject({ status: "resumed" });
    expect(admin.jobs.get("film")?.overall).toBe("running");
    expect((await admin.send("DELETE /videos/film")).body).toEqual({ status: "deleted", video_id: "film" });
    expect(await admin.store.exists("originals/film")).toBe(false);
  });

  test.each(["GET /videos/nobody", "PUT /videos/nobody/stop", "PUT /videos/nobody/resume", "DELETE /videos/nobody"])(
    "does not know nobody: %s",
    async (line) => {
      await using admin = await setup();
      expect(await admin.send(line)).toMatchObject({ status: 404, body: { detail: "Video not found" } });
    },
  );
});

describe("uploading", () => {
  test("goes through by tus, each method with its headers", async () => {
    await using admin = await setup();
    const tus = { "tus-resumable": "1.0.0" };
    const preflight = await admin.send("OPTIONS /files", { headers: { origin: "http://localhost:4000" } });
    expect(preflight.headers.get("tus-version")).toBe("1.0.0");
    expect(preflight.headers.get("access-control-allow-origin")).toBe("http://localhost:4000");
    const created = await admin.send("POST /files", {
      headers: { ...tus, "upload-length": "6", "upload-metadata": `filename ${btoa("new.mp4")}` },
    });
    expect(created.status).toBe(201);
    const { pathname: location } = new URL(created.headers.get("location") ?? "", "http://service.test/files");
    const patch = (offset: number, body: string) =>
      admin.send(`PATCH ${location}`, {
        headers: { ...tus, "upload-offset": String(offset), "content-type": "application/offset+octet-stream" },
        body,
      });
    expect((await patch(0, "abc")).headers.get("upload-offset")).toBe("3");
    expect((await patch(0, "abc")).status).toBe(409);
    const head = await admin.send(`HEAD ${location}`, { headers: tus });
    expect([head.headers.get("upload-offset"), head.headers.get("upload-length")]).toEqual(["3", "6"]);
    expect((await patch(3, "def")).status).toBe(204);
    const id = location.slice("/files/".length);
    expect(await admin.store.exists(`originals/${id}/new.mp4`)).toBe(true);
    expect((await admin.send(`DELETE ${location}`, { headers: tus })).status).toBe(409);
    for (const path of ["/files/a%2fb", "/files/..%2fupload", "/files/a/b"]) {
      expect((await admin.send(`HEAD ${path}`, { headers: tus })).status).toBe(404);
    }
  });

  test("goes through: init, chunks, complete", async () => {
    await using admin = await setup();
    const begun = await admin.send("POST /upload/init", { form: { filename: "new.mp4", total_chunks: "2" } });
    expect(begun.status).toBe(200);
    const { upload_id } = begun.body;
    for (const [index, text] of ["one ", "two"].entries()) {
      const form = { upload_id, index: String(index), file: new File([text], "blob") };
      expect(await admin.send("POST /upload/chunk", { form })).toMatchObject({
        status: 200,
        body: { status: "ok", index },
      });
    }
    expect(await admin.send("POST /upload/complete", { form: { upload_id } })).toMatchObject({
      status: 200,
      body: { hash: upload_id },
    });
    const stored = await admin.store.open(`originals/${upload_id}/new.mp4`);
    expect(await stored?.blob.text()).toBe("one two");
    expect((await admin.send(`GET /videos/${upload_id}`)).body).toMatchObject({ filename: "new.mp4" });
  });

  test("an error comes back as upload told it", async () => {
    await using admin = await setup();
    const reply = await admin.send("POST /upload/init", { json: { filename: "virus.exe", total_chunks: 1 } });
    expect(reply).toMatchObject({ status: 400, body: { detail: "Unsupported file type" } });
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
  });

  test("the janitor is asked, and told, through it", async () => {
    await using admin = await setup();
    await admin.store.put("originals/orphan/lost.mp4", "a film");
    const found = await admin.send("GET /upload/janitor");
    expect(found).toMatchObject({ status: 200, body: { findings: [{ upload_id: "orphan", action: "ask" }] } });
    expect((await admin.send("POST /upload/janitor")).body.findings).toMatchObject([{ done: false }]);
    const json = { remove_originals: ["orphan"] };
    expect((await admin.send("POST /upload/janitor", { json })).body.findings).toMatchObject([{ done: true }]);
    expect(await admin.store.exists("originals/orphan")).toBeFalse();
    expect(await admin.store.exists("originals/film/film.mp4")).toBeTrue();
  });

  test("open uploads are counted by client, and the gateway is none", async () => {
    await using world = createWorld();
    const admin = createTestAdmin(world, ({ limits }) => ({ limits: { ...limits, openUploadsPerClient: 1 } }));
    const init = async (address: string, headers: Record<string, string> = {}) => {
      const body = JSON.stringify({ filename: "film.mp4", total_chunks: 1 });
      const request = new Request("http://service.test/upload/init", {
        method: "POST",
        body,
        headers: { "content-type": "application/json", ...headers },
      });
      return (await admin.service.fetch(request, { clientAddress: () => address })).status;
    };
    expect(await init("10.0.0.1")).toBe(200);
    expect(await init("10.0.0.1")).toBe(429);
    expect(await init("10.0.0.1", { "x-forwarded-for": "10.0.0.7" })).toBe(429);
    expect(await init("10.0.0.2")).toBe(200);
    // Behind a proxy on the same machine, which says for whom it speaks.
    expect(await init("127.0.0.1", { "x-forwarded-for": "10.0.0.2" })).toBe(429);
    expect(await init("127.0.0.1", { "x-forwarded-for": "10.0.0.3" })).toBe(200);
  });

  test("the request id is the same on either side", async () => {
    await using admin = await setup();
    admin.bringBack("upload", (request) => Response.json({ seen: request.headers.get("x-request-id") }));
    const reply = await admin.send("POST /upload/init", { json: {}, headers: { "x-request-id": "mine-1" } });
    expect(reply.body).toEqual({ seen: "mine-1" });
    const unnamed = await admin.send("POST /upload/init", { json: {} });
    expect(unnamed.body.seen).toBeString();
    expect(unnamed.body.seen).toBe(unnamed.headers.get("x-request-id"));
  });

  test("from an address goes through, and so does what upload says of it", async () => {
    await using admin = await setup();
    const film = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("film") });
    try {
      const json = { url: `http://127.0.0.1:${film.port}/film.mp4` };
      const reply = await admin.send("POST /upload/from-url", { json });
      expect(reply).toMatchObject({ status: 200, body: { upload_id: expect.any(String) } });
    } finally {
      await film.stop(true);
    }
    const refused = await admin.send("POST /upload/from-url", { json: { url: "http://10.0.0.1/film.mp4" } });
    expect(refused).toMatchObject({ status: 403, body: { host: "10.0.0.1" } });
  });

  test.each([
    "POST /upload/init",
    "POST /upload/from-url",
    "POST /upload/chunk",
    "POST /upload/complete",
    "GET /upload/janitor",
    "GET /speedtest",
  ])("%s without upload is 503", async (line) => {
    await using admin = await setup();
    admin.lose("upload");
    expect(await admin.send(line)).toMatchObject({
      status: 503,
      body: { detail: "Upload service unavailable: connection refused" },
    });
  });

  test("the speed test is upload's mebibyte", async () => {
    await using admin = await setup();
    const reply = await admin.service.fetch(new Request("http://service.test/speedtest"));
    expect(reply.headers.get("content-type")).toBe("application/octet-stream");
    expect((await reply.bytes()).length).toBe(1024 * 1024);
  });
});

describe("transcoding", () => {
  test("starts under the name that metadata knows, at the client's speed", async () => {
    await using admin = await setup();
    admin.jobs.clear();
    expect(await admin.send("POST /transcode/film", { json: { networkSpeed: 2.5 } })).toMatchObject({
      status: 200,
      body: { status: "started", upload_id: "film" },
    });
    expect(admin.jobs.get("film")).toMatchObject({ filename: "film.mp4", networkSpeed: 2.5 });
    expect((await admin.send("POST /transcode/film")).status).toBe(200);
    expect(admin.jobs.get("film")?.networkSpeed).toBe(10);
  });

  test("says why it does not start", async () => {
    await using admin = await setup();
    expect(await admin.send("POST /transcode/nobody", { json: {} })).toMatchObject({
      status: 404,
      body: { detail: "Video not found" },
    });
    expect((await admin.send("POST /transcode/film", { json: { networkSpeed: -1 } })).status).toBe(422);
    const long = { networkSpeed: 1, words: "x".repeat(100_000) };
    expect((await admin.send("POST /transcode/film", { json: long })).status).toBe(413);
    await admin.store.remove("originals/film");
    expect((await admin.send("POST /transcode/film", { json: {} })).body.detail).toBe("Source file not found");
    admin.lose("transcoding");
    const away = await admin.send("POST /transcode/film", { json: {} });
    expect(away).toMatchObject({
      status: 503,
      body: { detail: "Transcoding service unavailable: connection refused" },
    });
  });

  test("the status is transcoding's, or that there is none", async () => {
    await using admin = await setup();
    expect((await admin.send("GET /transcode/film/status")).body).toMatchObject({ overall: "running", progress: 50 });
    expect(await admin.send("GET /transcode/nobody/status")).toMatchObject({
      status: 200,
      body: { status: "not_found" },
    });
    admin.lose("transcoding");
    expect((await admin.send("GET /transcode/film/status")).status).toBe(503);
  });

  test("the qualities are streaming's", async () => {
    await using admin = await setup();
    expect((await admin.send("GET /transcode/film/qualities")).body).toMatchObject({
      master: "master.m3u8",
      manifest: null,
      available: ["720p", "original"],
    });
    expect(await admin.send("GET /transcode/nobody/qualities")).toMatchObject({
      status: 404,
      body: { detail: "Video not found" },
    });
  });
});

describe("playing", () => {
  test("a video leads to its master, and what the master names is found from there", async () => {
    await using admin = await setup();
    const reply = await admin.send("GET /video/film");
    expect(reply.status).toBe(307);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    const master = new URL(reply.headers.get("location") ?? "", "http://service.test/video/film");
    expect(master.pathname).toBe("/video/film/master.m3u8");
    const text: string = (await admin.send(`GET ${master.pathname}`)).body;
    const playlist = new URL(text.trim().split("\n").at(-1) ?? "", master);
    expect(playlist.pathname).toBe("/video/film/720p/playlist.m3u8");
  });

  test("a video without a master leads to its original, and one without either to nothing", async () => {
    await using admin = await setup();
    await admin.store.remove("hls/film");
    expect((await admin.send("GET /video/film")).headers.get("location")).toBe("film/original");
    expect(await admin.send("GET /video/film/original")).toMatchObject({ status: 200, body: "original" });
    await admin.store.remove("originals/film");
    expect(await admin.send("GET /video/film")).toMatchObject({ status: 404, body: { detail: "Video not found" } });
  });

  test("ranges and HEAD go through and come back unchanged", async () => {
    await using admin = await setup();
    const target = "/video/film/720p/segment-00001.m4s";
    const part = await admin.send(`GET ${target}`, { headers: { range: "bytes=2-4" } });
    expect(part).toMatchObject({ status: 206, body: "cde" });
    expect(part.headers.get("content-range")).toBe("bytes 2-4/10");
    expect(part.headers.get("content-type")).toBe("video/iso.segment");
    expect(part.headers.get("cache-control")).toContain("immutable");
    const head = await admin.send(`HEAD ${target}`);
    expect(head).toMatchObject({ status: 200, body: "" });
    expect(head.headers.get("content-length")).toBe("10");
    expect((await admin.send(`GET ${target}`, { headers: { range: "bytes=10-" } })).status).toBe(416);
  });

  test("what is not there is told in streaming's words, and that streaming is away in ours", async () => {
    await using admin = await setup();
    expect((await admin.send("GET /video/film/720p/none.m4s")).body.detail).toBe("Segment not found");
    admin.lose("streaming");
    expect(await admin.send("GET /video/film/master.m3u8")).toMatchObject({
      status: 503,
      body: { detail: "Streaming service unavailable: connection refused" },
    });
  });

  test.each([
    "/video/..%2f..%2fadmin",
    "/video/film/..%2f..%2fhealth",
    "/video/film/a%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fhealth",
    "/video/film/720p/..%2f..%2f..%2fvideos.db.txt",
    "/video/film/720p/..%5cvideos.db.txt",
    "/video/film/a%00.m4s",
    "/video/film/.hidden",
    "/video/film/a?/../../health",
    `/video/${"x".repeat(300)}/master.m3u8`,
    "/videos/..%2f..%2fhealth",
    "/transcode/..%2fevents/status",
    "/thumbnail/..%2f..%2fvideos.db.txt",
  ])("a hostile path is refused and reads nothing: %s", async (path) => {
    await using admin = await setup();
    const reply = await admin.send(`GET ${path}`);
    expect([400, 404]).toContain(reply.status);
    expect(JSON.stringify(reply.body)).not.toContain("secret");
    expect(admin.asked.filter((line) => line.includes("health"))).toEqual([]);
  });
});
