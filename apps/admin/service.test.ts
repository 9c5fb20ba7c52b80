import { describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { createDirectoryStore } from "@video-backend/storage/directory";
import { createWorld, transcript } from "@video-backend/testing";
import { createAdminService } from "./service.ts";
import { connectServices } from "./services/connect-services.ts";
import { createTestAdmin } from "./testing.ts";

/** A video `film`, uploaded, registered and being transcoded. */
async function setup() {
  const world = createWorld();
  const admin = createTestAdmin(world);
  const send = transcript(admin.service);
  const metadata = transcript(admin.metadata);
  await metadata("POST /videos", { json: { hash: "film", filename: "film.mp4", title: "A film" } });
  await admin.store.put("originals/film/film.mp4", "original");
  await admin.store.put("hls/film/master.m3u8", "#EXTM3U\n");
  await admin.store.put("thumbnails/film/thumbnail.png", "picture");
  admin.jobs.set("film", { filename: "film.mp4", networkSpeed: 10, overall: "running" });
  admin.asked.length = 0;
  return { ...admin, world, send, metadata, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

describe("the system", () => {
  test("resume_all answers what transcoding answered", async () => {
    await using admin = await setup();
    expect(await admin.send("POST /admin/resume_all")).toMatchObject({
      status: 200,
      body: { status: "completed", resumed_count: 1 },
    });
    admin.lose("transcoding");
    const reply = await admin.send("POST /admin/resume_all");
    expect(reply.status).toBe(503);
    expect(reply.body.detail).toBe("Transcoding service unavailable: connection refused");
  });

  test("is healthy while everybody is", async () => {
    await using admin = await setup();
    const { status, body } = await admin.send("GET /admin/status");
    expect(status).toBe(200);
    expect(body).toMatchObject({ storage: { originals: true, hls: true }, overall: "healthy" });
    expect(Object.keys(body.services)).toEqual([
      "upload_service",
      "transcoding_service",
      "metadata_service",
      "streaming_service",
    ]);
    expect(body.services.metadata_service).toEqual({
      status: "healthy",
      url: "http://metadata.test",
      response: { status: "healthy", service: "metadata_service" },
    });
  });

  test("is degraded when one is sick or away, and says which", async () => {
    await using admin = await setup();
    admin.bringBack("upload", () => Response.json({ status: "unhealthy", failed: { disk: "full" } }, { status: 503 }));
    admin.lose("streaming");
    const { body } = await admin.send("GET /admin/status");
    expect(body.overall).toBe("degraded");
    expect(body.services.upload_service).toMatchObject({
      status: "unhealthy",
      response: { failed: { disk: "full" } },
    });
    expect(body.services.streaming_service).toEqual({
      status: "unavailable",
      url: "http://streaming.test",
      error: "connection refused",
    });
    expect(body.services.metadata_service.status).toBe("healthy");
  });

  test("a storage that takes nothing is told by status and health", async () => {
    await using admin = await setup();
    const { world } = admin;
    await writeFile(world.path("a-file"), "");
    const url = "http://nobody.test";
    const service = createAdminService({
      store: createDirectoryStore(world.path("a-file")),
      services: connectServices(
        { upload: url, transcoding: url, metadata: url, streaming: url },
        { fetch: () => Response.json({ status: "healthy" }) },
      ),
      log: world.log,
    });
    const send = transcript(service);
    expect((await send("GET /admin/status")).body).toMatchObject({
      storage: { originals: false, hls: false },
      overall: "degraded",
    });
    const sick = await send("GET /health");
    expect(sick).toMatchObject({ status: 503, body: { status: "unhealthy", service: "admin_service" } });
    expect(sick.body.failed.storage).toBeString();
    expect(await admin.send("GET /health")).toMatchObject({ status: 200, body: { service: "admin_service" } });
  });
});

describe("the videos", () => {
  test("are listed as metadata lists them, with its searches", async () => {
    await using admin = await setup();
    await admin.metadata("POST /videos", { json: { hash: "other", filename: "other.mp4" } });
    const all = await admin.send("GET /admin/videos");
    expect(all.status).toBe(200);
    expect(all.body.videos.map((video: { hash: string }) => video.hash).sort()).toEqual(["film", "other"]);
    expect((await admin.send("GET /admin/videos?q=a+film")).body).toMatchObject({
      videos: [{ hash: "film", title: "A film", stopped: 0 }],
      total: 1,
    });
    expect((await admin.send("GET /admin/videos?limit=none")).status).toBe(422);
  });

  test("cannot be listed without metadata", async () => {
    await using admin = await setup();
    admin.lose("metadata");
    const reply = await admin.send("GET /admin/videos");
    expect(reply).toMatchObject({
      status: 503,
      body: { detail: "Metadata service unavailable: connection refused" },
    });
  });

  test("tell all that is known of one", async () => {
    await using admin = await setup();
    expect(await admin.send("GET /admin/videos/film/status")).toMatchObject({
      status: 200,
      body: {
        video_id: "film",
        metadata: { hash: "film", filename: "film.mp4" },
        transcoding: { upload_id: "film", overall: "running" },
        files: { originals: true, hls: true },
      },
    });
    expect((await admin.send("GET /admin/videos/nobody/status")).body).toEqual({
      video_id: "nobody",
      metadata: null,
      transcoding: null,
      files: { originals: false, hls: false },
    });
  });

  test("tell what is known of one while somebody is away", async () => {
    await using admin = await setup();
    admin.lose("metadata");
    expect((await admin.send("GET /admin/videos/film/status")).body).toMatchObject({
      metadata: null,
      transcoding: { overall: "running" },
      errors: ["Metadata service unavailable: connection refused"],
    });
  });

  test.each([
    "DELETE /admin/videos/..%2fetc",
    "POST /admin/videos/a.b/stop",
    "POST /admin/videos/%00/resume",
    "GET /admin/videos/..%2f..%2fvideos.db/status",
    `GET /admin/videos/${"x".repeat(300)}/status`,
  ])("what is no id is refused before anybody is asked: %s", async (line) => {
    await using admin = await setup();
    expect(await admin.send(line)).toMatchObject({ status: 400, body: { detail: "Invalid path" } });
    expect(admin.asked).toEqual([]);
  });
});

describe("deleting", () => {
  test("ends the encoder, then the upload, then what came in between, then the row", async () => {
    await using admin = await setup();
    expect(await admin.send("DELETE /admin/videos/film")).toMatchObject({
      status: 200,
      body: { status: "deleted", video_id: "film" },
    });
    expect(admin.asked).toEqual([
      "transcoding: DELETE /transcode/film",
      "upload: DELETE /upload/film",
      "transcoding: DELETE /transcode/film",
      "metadata: DELETE /videos/film",
    ]);
    for (const folder of ["originals/film", "hls/film", "thumbnails/film"]) {
      expect(await admin.store.exists(folder)).toBe(false);
    }
    expect(admin.jobs.has("film")).toBe(false);
    expect((await admin.metadata("GET /videos/film")).status).toBe(404);
    expect(await admin.send("DELETE /admin/videos/film")).toMatchObject({
      status: 404,
      body: { detail: "Video not found" },
    });
  });

  test("a start that slips in while upload is told leaves no job", async () => {
    await using admin = await setup();
    admin.bringBack("upload", () => {
      admin.jobs.set("film", { filename: "film.mp4", networkSpeed: 10, overall: "running" });
      return Response.json({ status: "deleted" });
    });
    expect((await admin.send("DELETE /admin/videos/film")).body.status).toBe("deleted");
    expect(admin.jobs.size).toBe(0);
  });

  test("takes the files of a video that metadata does not know", async () => {
    await using admin = await setup();
    await admin.metadata("DELETE /videos/film");
    expect((await admin.send("DELETE /admin/videos/film")).body).toEqual({ status: "deleted", video_id: "film" });
    expect(await admin.store.exists("originals/film")).toBe(false);
  });

  test.each(["transcoding", "upload", "metadata"] as const)(
    "without %s it says what is left, and again finishes it",
    async (name) => {
      await using admin = await setup();
      admin.lose(name);
      const partial = await admin.send("DELETE /admin/videos/film");
      const sentence = `${name[0]?.toUpperCase()}${name.slice(1)} service unavailable: connection refused`;
      expect(partial.status).toBe(200);
      expect(partial.body).toEqual({ status: "partial_success", video_id: "film", errors: [sentence] });
      admin.bringBack(name);
      expect((await admin.send("DELETE /admin/videos/film")).body).toEqual({ status: "deleted", video_id: "film" });
      expect((await admin.send("GET /admin/videos/film/status")).body).toEqual({
        video_id: "film",
        metadata: null,
        transcoding: null,
        files: { originals: false, hls: false },
      });
    },
  );
});

describe("stopping and resuming", () => {
  test("stop sets the flag and ends the encoder", async () => {
    await using admin = await setup();
    expect(await admin.send("POST /admin/videos/film/stop")).toMatchObject({
      status: 200,
      body: { status: "stopped", transcoding_stopped: true },
    });
    expect(admin.jobs.get("film")?.overall).toBe("stopped");
    expect((await admin.metadata("GET /videos/film/stopped")).body).toEqual({ stopped: true });
  });

  test("stop is well without a job, and without transcoding, which follows the flag", async () => {
    await using admin = await setup();
    admin.jobs.clear();
    expect((await admin.send("POST /admin/videos/film/stop")).body).toMatchObject({ transcoding_stopped: true });
    admin.lose("transcoding");
    expect(await admin.send("POST /admin/videos/film/stop")).toMatchObject({
      status: 200,
      body: { status: "stopped", transcoding_stopped: false },
    });
  });

  test("resume takes the flag back and starts", async () => {
    await using admin = await setup();
    await admin.send("POST /admin/videos/film/stop");
    expect((await admin.send("POST /admin/videos/film/resume")).body).toEqual({
      status: "resumed",
      video_id: "film",
      transcoding_started: true,
    });
    expect(admin.jobs.get("film")?.overall).toBe("running");
    expect((await admin.metadata("GET /videos/film/stopped")).body).toEqual({ stopped: false });
  });

  test("resume says when nothing started", async () => {
    await using admin = await setup();
    admin.lose("transcoding");
    expect((await admin.send("POST /admin/videos/film/resume")).body).toMatchObject({ transcoding_started: false });
    admin.bringBack("transcoding");
    await admin.store.remove("originals/film");
    expect((await admin.send("POST /admin/videos/film/resume")).body).toMatchObject({ transcoding_started: false });
  });

  test.each(["stop", "resume"])("%s of nobody is 404, and without metadata 503", async (verb) => {
    await using admin = await setup();
    expect(await admin.send(`POST /admin/videos/nobody/${verb}`)).toMatchObject({
      status: 404,
      body: { detail: "Video not found" },
    });
    admin.lose("metadata");
    expect((await admin.send(`POST /admin/videos/film/${verb}`)).status).toBe(503);
  });
});

test("documents every route with an operationId of its own", async () => {
  await using admin = await setup();
  const { body } = await admin.send("GET /openapi.json");
  const operations = Object.values<Record<string, { operationId?: string }>>(body.paths).flatMap(Object.values);
  const names = operations.map((operation) => operation.operationId);
  expect(names.every((name) => typeof name === "string")).toBe(true);
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(body.paths).sort()).toEqual([
    "/admin/resume_all",
    "/admin/status",
    "/admin/videos",
    "/admin/videos/{video_id}",
    "/admin/videos/{video_id}/resume",
    "/admin/videos/{video_id}/status",
    "/admin/videos/{video_id}/stop",
    "/files",
    "/files/{upload_id}",
    "/health",
    "/health/live",
    "/health/ready",
    "/keys",
    "/keys/{id}",
    "/metrics",
    "/oembed",
    "/play/{token}/{id}/{asset_path}",
    "/session",
    "/speedtest",
    "/stream/{id}/master.m3u8",
    "/stream/{id}/original",
    "/stream/{id}/qualities",
    "/stream/{id}/{asset_path}",
    "/stream/{id}/{quality}/playlist.m3u8",
    "/stream/{id}/{quality}/{segment}",
    "/thumbnail/{hash}",
    "/transcode/encoders",
    "/transcode/events",
    "/transcode/faults",
    "/transcode/queue",
    "/transcode/{id}/qualities",
    "/transcode/{upload_id}",
    "/transcode/{upload_id}/attempts",
    "/transcode/{upload_id}/bitrates",
    "/transcode/{upload_id}/segments",
    "/transcode/{upload_id}/status",
    "/upload/chunk",
    "/upload/complete",
    "/upload/from-url",
    "/upload/init",
    "/upload/janitor",
    "/upload/tokens",
    "/upload/tokens/{id}",
    "/upload/{upload_id}",
    "/upload/{upload_id}/chunks/{index}",
    "/video/{hash}",
    "/video/{id}/{asset_path}",
    "/videos",
    "/videos/events",
    "/videos/{hash}",
    "/videos/{hash}/captions",
    "/videos/{hash}/captions/{lang}",
    "/videos/{hash}/playback-token",
    "/videos/{hash}/resume",
    "/videos/{hash}/stop",
    "/watch/{id}",
    "/webhooks",
    "/webhooks/{id}",
    "/webhooks/{id}/deliveries",
    "/webhooks/{id}/deliveries/{delivery_id}/resend",
  ]);
});
