import { describe, expect, test } from "bun:test";
import { createWorld, transcript } from "@video-backend/testing";
import type { Video } from "./contract.ts";
import { createTestMetadata } from "./testing.ts";

function setup() {
  const world = createWorld();
  const { service, database } = createTestMetadata(world);
  return { world, database, send: transcript(service), [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

describe("registering", () => {
  test("a new hash gets a row, and again the same row", async () => {
    await using metadata = setup();
    const { send } = metadata;
    const first = await send("POST /videos", { json: { hash: "abc", filename: "a.mp4", thumbnail_filename: "a.jpg" } });
    expect(first).toMatchObject({ status: 200, body: { id: 1, hash: "abc" } });
    expect(await send("POST /videos", { json: { hash: "abc", filename: "other.mp4" } })).toMatchObject({
      body: { id: 1, hash: "abc" },
    });
    expect((await send("GET /videos/abc")).body).toMatchObject({
      id: 1,
      hash: "abc",
      filename: "a.mp4",
      thumbnail_filename: "a.jpg",
      original_resolution: null,
      original_quality_label: null,
      stopped: 0,
      transcoding_status: "pending",
    });
  });

  test("a form that does not fit is refused with the fields that do not", async () => {
    await using metadata = setup();
    const reply = await metadata.send("POST /videos", { json: { hash: "../etc" } });
    expect(reply.status).toBe(422);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(reply.body.problems.map((problem: { field: string }) => problem.field)).toEqual(["hash", "filename"]);
  });

  test("JSON that cannot be parsed is the sender's mistake", async () => {
    await using metadata = setup();
    const headers = { "content-type": "application/json" };
    expect((await metadata.send("POST /videos", { body: "{", headers })).status).toBe(400);
  });
});

describe("reading", () => {
  test("an unknown hash is 404 Video not found, everywhere but at stopped", async () => {
    await using metadata = setup();
    for (const line of [
      "GET /videos/nobody",
      "DELETE /videos/nobody",
      "PUT /videos/nobody/stop",
      "PUT /videos/nobody/resume",
    ]) {
      expect(await metadata.send(line)).toMatchObject({ status: 404, body: { detail: "Video not found" } });
    }
    expect(await metadata.send("PUT /videos/nobody", { json: { title: "x" } })).toMatchObject({ status: 404 });
    expect(await metadata.send("GET /videos/nobody/stopped")).toMatchObject({ status: 200, body: { stopped: false } });
  });

  test.each(["GET /videos/..%2fetc", "GET /videos/a%00b", `GET /videos/${"x".repeat(300)}`, "PUT /videos/a.b/stop"])(
    "what is no id is refused: %s",
    async (line) => {
      await using metadata = setup();
      expect([400, 404]).toContain((await metadata.send(line)).status);
    },
  );

  test("the list is newest first, searched, filtered and paged", async () => {
    await using metadata = setup();
    const { send, world } = metadata;
    for (const [hash, title] of [
      ["a", "Sea 100%"],
      ["b", "Sea and sand"],
      ["c", "Mountains"],
    ]) {
      await send("POST /videos", { json: { hash, filename: `${hash}.mp4`, title } });
      world.clock.advance(1);
    }
    const hashes = async (query: string) =>
      (await send(`GET /videos${query}`)).body.videos.map((video: { hash: string }) => video.hash).join("");
    expect(await hashes("")).toBe("cba");
    expect(await hashes("?q=sea")).toBe("ba");
    expect(await hashes("?q=sand+SEA")).toBe("b");
    expect(await hashes("?q=100%25")).toBe("a");
    expect(await hashes("?limit=1&offset=1")).toBe("b");
    expect((await send("GET /videos?limit=1")).body.total).toBe(3);
    await send("PUT /videos/c", { json: { transcoding_status: "completed" } });
    expect(await hashes("?transcoding_status=completed")).toBe("c");
    expect((await send("GET /videos?limit=0")).status).toBe(422);
  });

  test("the list is sorted as asked and filtered by the statuses that people see", async () => {
    await using metadata = setup();
    const { send, world } = metadata;
    for (const [hash, title, duration] of [
      ["a", "snow", 20],
      ["b", null, 10],
      ["c", "Lake", null],
    ]) {
      await send("POST /videos", { json: { hash, filename: `m${hash}.mp4`, title } });
      await send(`PUT /videos/${hash}`, { json: { duration } });
      world.clock.advance(1);
    }
    const hashes = async (query: string) =>
      (await send(`GET /videos?${query}`)).body.videos.map((video: { hash: string }) => video.hash).join("");
    expect(await hashes("sort=newest")).toBe("cba");
    expect(await hashes("sort=oldest")).toBe("abc");
    expect(await hashes("sort=title")).toBe("cba");
    expect(await hashes("sort=longest")).toBe("abc");
    expect(await hashes("sort=shortest")).toBe("bac");
    expect((await send("GET /videos?sort=size")).status).toBe(422);
    await send("PUT /videos/a", { json: { transcoding_status: "completed" } });
    for (const hash of ["a", "b"]) await send(`PUT /videos/${hash}/stop`);
    expect(await hashes("status=completed")).toBe("a");
    expect(await hashes("status=stopped")).toBe("b");
    expect(await hashes("status=pending,transcoding")).toBe("c");
    expect(await hashes("status=stopped,completed&sort=oldest")).toBe("ab");
    expect((await send("GET /videos?status=lost")).status).toBe(422);
  });
});

describe("changing", () => {
  test("fields that are absent stay", async () => {
    await using metadata = setup();
    const { send } = metadata;
    await send("POST /videos", { json: { hash: "a", filename: "a.mp4", title: "A" } });
    const changes = {
      description: "words",
      original_resolution: "1920x1080",
      original_quality_label: "1080p",
      duration: 1.5,
    };
    expect(await send("PUT /videos/a", { json: changes })).toMatchObject({ status: 200, body: { status: "updated" } });
    expect((await send("GET /videos/a")).body).toMatchObject({ title: "A", ...changes });
  });

  test("a default thumbnail is taken where there is none, and never instead of one that somebody gave", async () => {
    await using metadata = setup();
    const { send } = metadata;
    const put = (json: object) => send("PUT /videos/a", { json });
    const thumbnail = async () => (await send("GET /videos/a")).body.thumbnail_filename;
    await send("POST /videos", { json: { hash: "a", filename: "a.mp4" } });
    await put({ default_thumbnail_filename: "poster.jpg" });
    expect(await thumbnail()).toBe("poster.jpg");
    await put({ thumbnail_filename: "thumbnail.png" });
    await put({ default_thumbnail_filename: "poster.jpg", title: "A" });
    expect(await thumbnail()).toBe("thumbnail.png");
    await put({ thumbnail_filename: "thumbnail.webp", default_thumbnail_filename: "poster.jpg" });
    expect(await thumbnail()).toBe("thumbnail.webp");
    await put({ thumbnail_filename: null });
    expect(await thumbnail()).toBeNull();
    expect((await put({ default_thumbnail_filename: null })).status).toBe(200);
  });

  test("a video is public unless somebody wants it private, and is found by that", async () => {
    await using metadata = setup();
    const { send } = metadata;
    await send("POST /videos", { json: { hash: "open", filename: "a.mp4" } });
    await send("POST /videos", { json: { hash: "closed", filename: "a.mp4", visibility: "private" } });
    const listed = async (visibility: string) =>
      (await send(`GET /videos?visibility=${visibility}`)).body.videos.map((video: { hash: string }) => video.hash);
    expect([await listed("public"), await listed("private")]).toEqual([["open"], ["closed"]]);
    await send("PUT /videos/open", { json: { visibility: "private" } });
    await send("PUT /videos/closed", { json: { visibility: "public" } });
    expect([await listed("public"), await listed("private")]).toEqual([["closed"], ["open"]]);
    expect((await send("GET /videos?visibility=secret")).status).toBe(422);
    expect((await send("PUT /videos/open", { json: { visibility: null } })).status).toBe(200);
    expect((await send("GET /videos/open")).body.visibility).toBe("private");
  });

  test("videos of the same bytes name the first of them, which names none", async () => {
    await using metadata = setup();
    const { send, world } = metadata;
    for (const hash of ["first", "second", "third", "other"]) {
      await send("POST /videos", { json: { hash, filename: "a.mp4" } });
      if (hash === "second") world.clock.advance(1);
    }
    const duplicateOf = async (hash: string) => (await send(`GET /videos/${hash}`)).body.duplicate_of;
    expect(await duplicateOf("second")).toBeNull();
    for (const hash of ["third", "second", "first"]) {
      await send(`PUT /videos/${hash}`, { json: { sha256: "ab".repeat(32).toUpperCase() } });
    }
    await send("PUT /videos/other", { json: { sha256: "0".repeat(64) } });
    const listed = (await send("GET /videos")).body.videos;
    expect(listed.map(({ hash, duplicate_of, sha256 }: Video) => [hash, duplicate_of, sha256])).toEqual([
      ["other", null, "0".repeat(64)],
      ["third", "first", "ab".repeat(32)],
      ["second", "first", "ab".repeat(32)],
      ["first", null, "ab".repeat(32)],
    ]);
    await send("DELETE /videos/first");
    expect([await duplicateOf("second"), await duplicateOf("third")]).toEqual([null, "second"]);
    await send("PUT /videos/second", { json: { sha256: null, duplicate_of: "other" } });
    expect([await duplicateOf("second"), await duplicateOf("third")]).toEqual([null, null]);
    for (const sha256 of ["", "a", "g".repeat(64), "a".repeat(65), 5]) {
      expect((await send("PUT /videos/other", { json: { sha256 } })).status).toBe(422);
    }
  });

  test("a completed video cannot become failed, and is told what it can become", async () => {
    await using metadata = setup();
    const { send } = metadata;
    await send("POST /videos", { json: { hash: "a", filename: "a.mp4" } });
    await send("PUT /videos/a", { json: { transcoding_status: "transcoding" } });
    await send("PUT /videos/a", { json: { transcoding_status: "completed" } });
    const refused = await send("PUT /videos/a", { json: { transcoding_status: "failed", title: "B" } });
    expect(refused).toMatchObject({
      status: 409,
      body: { state: "completed", accepted: ["completed", "transcoding"] },
    });
    expect((await send("GET /videos/a")).body).toMatchObject({ transcoding_status: "completed", title: null });
  });

  test("stop and resume are a flag beside the status", async () => {
    await using metadata = setup();
    const { send } = metadata;
    await send("POST /videos", { json: { hash: "a", filename: "a.mp4" } });
    expect((await send("PUT /videos/a/stop")).body).toEqual({ status: "stopped" });
    expect((await send("GET /videos/a/stopped")).body).toEqual({ stopped: true });
    expect((await send("GET /videos/a")).body).toMatchObject({
      stopped: 1,
      status: "stopped",
      transcoding_status: "pending",
    });
    expect((await send("PUT /videos/a/resume")).body).toEqual({ status: "resumed" });
    expect((await send("GET /videos/a/stopped")).body).toEqual({ stopped: false });
  });

  test("deleting forgets", async () => {
    await using metadata = setup();
    await metadata.send("POST /videos", { json: { hash: "a", filename: "a.mp4" } });
    expect((await metadata.send("DELETE /videos/a")).body).toEqual({ status: "deleted" });
    expect((await metadata.send("GET /videos/a")).status).toBe(404);
  });
});

describe("the shell", () => {
  test("says that it is healthy, and why when it is not", async () => {
    await using metadata = setup();
    expect(await metadata.send("GET /health")).toMatchObject({
      status: 200,
      body: { status: "healthy", service: "metadata_service" },
    });
    metadata.database.$client.close();
    const sick = await metadata.send("GET /health");
    expect(sick).toMatchObject({ status: 503, body: { status: "unhealthy", service: "metadata_service" } });
    expect(sick.body.failed.database).toBeString();
  });

  test("documents every route with an operationId", async () => {
    await using metadata = setup();
    const { body } = await metadata.send("GET /openapi.json");
    expect(Object.keys(body.paths).sort()).toEqual([
      "/captions",
      "/health",
      "/health/live",
      "/health/ready",
      "/keys",
      "/keys/lookup",
      "/keys/{id}",
      "/metrics",
      "/sessions",
      "/sessions/{id}",
      "/uploads/expired",
      "/videos",
      "/videos/events",
      "/videos/{hash}",
      "/videos/{hash}/captions",
      "/videos/{hash}/captions/{lang}",
      "/videos/{hash}/playback-token",
      "/videos/{hash}/resume",
      "/videos/{hash}/stop",
      "/videos/{hash}/stopped",
      "/webhooks",
      "/webhooks/{id}",
      "/webhooks/{id}/deliveries",
      "/webhooks/{id}/deliveries/{delivery_id}/resend",
    ]);
    for (const path of Object.values<Record<string, { operationId?: string }>>(body.paths)) {
      for (const operation of Object.values(path)) expect(operation.operationId).toBeString();
    }
    expect((await metadata.send("GET /docs")).body).toContain("/openapi.json");
  });

  test("answers what it does not know with a problem and the caller's request id", async () => {
    await using metadata = setup();
    const reply = await metadata.send("GET /nowhere", { headers: { "x-request-id": "mine-1" } });
    expect(reply).toMatchObject({ status: 404, body: { status: 404, request_id: "mine-1" } });
    expect(reply.headers.get("x-request-id")).toBe("mine-1");
  });
});
