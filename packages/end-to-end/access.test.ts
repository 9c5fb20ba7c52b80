/** The whole system with `AUTH=keys`, as processes: what works with a key, and what becomes of a key that is revoked. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { newApiKey } from "@video-backend/access/api-key";
import { createWorld, makeClip, until } from "@video-backend/testing";
import { chromium } from "playwright-core";
import type { Upload, UploadOptions } from "tus-js-client";
import { chromiumPath } from "./player.ts";
import { type ServiceName, type System, serviceNames, startSystem } from "./system.ts";

const admin = newApiKey();
const world = createWorld();
let system: System;

beforeAll(async () => {
  system = await startSystem({ AUTH: "keys", ADMIN_API_KEY: admin, LOG_LEVEL: "info" });
}, 60_000);
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

function ask(service: ServiceName, path: string, key?: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (key !== undefined) headers.set("authorization", `Bearer ${key}`);
  return fetch(`${system.url[service]}${path}`, { ...init, headers });
}

async function createKey(...scopes: string[]): Promise<{ id: string; key: string }> {
  const body = JSON.stringify({ name: "test", scopes });
  const headers = { "content-type": "application/json" };
  return (await ask("admin", "/keys", admin, { method: "POST", headers, body })).json();
}

/** A route of each service that needs `read`, or the scope that it has. */
const questions: [ServiceName, string, string][] = [
  ["metadata", "/videos", "read"],
  ["transcoding", "/transcode/encoders", "read"],
  ["upload", "/api/speedtest", "upload"],
  ["admin", "/admin/status", "read"],
];
const statuses = (key?: string) =>
  Promise.all(questions.map(async ([service, path]) => (await ask(service, path, key)).status));

test("a video is uploaded with a key through admin, transcoded, and played without one", async () => {
  const { key } = await createKey("upload");
  const file = Bun.file(await makeClip(world.path("clip.mp4"), { width: 320, height: 180, seconds: 2 }));
  const form = (fields: Record<string, string | Blob>) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return { method: "POST", body };
  };
  const init = form({ filename: "clip.mp4", total_chunks: "1" });
  expect((await ask("admin", "/upload/init", undefined, init)).status).toBe(401);
  const started = await ask("admin", "/upload/init", key, form({ filename: "clip.mp4", total_chunks: "1" }));
  const { upload_id } = await started.json();
  const chunk = form({ upload_id, index: "0", file: new Blob([await file.arrayBuffer()]) });
  expect((await ask("admin", "/upload/chunk", key, chunk)).status).toBe(200);
  expect((await ask("admin", "/upload/complete", key, form({ upload_id }))).status).toBe(200);
  await until(
    "the video is completed",
    async () => {
      const video = await (await ask("admin", `/videos/${upload_id}`, admin)).json();
      return video.status === "completed";
    },
    60,
  );
  const master = await ask("streaming", `/stream/${upload_id}/master.m3u8`);
  expect([master.status, await master.text()]).toEqual([200, expect.stringContaining("#EXTM3U")]);
  expect((await ask("streaming", `/stream/${upload_id}/original`)).status).toBe(200);
  expect((await ask("metadata", `/videos/${upload_id}`, key)).status).toBe(403);
  // Upload registered the video in its own name, and said for whom.
  expect(await system.log("metadata")).toContain('"principal":"service for key:');
}, 120_000);

/** Uploads `/clip.mp4` of the page's own origin in two chunks, one as a form and one as a raw body; resolves with its id. */
async function sendChunks([endpoint, token]: [string, string]): Promise<string> {
  const file = await (await fetch("/clip.mp4")).blob();
  const send = async (method: string, path: string, body: FormData | Blob) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(endpoint + path, { method, headers, body });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return response.json();
  };
  const form = (fields: Record<string, string | Blob>) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    return body;
  };
  const half = Math.ceil(file.size / 2);
  const { upload_id } = await send("POST", "/upload/init", form({ filename: "clip.mp4", total_chunks: "2" }));
  await send("POST", "/upload/chunk", form({ upload_id, index: "0", file: file.slice(0, half) }));
  await send("PUT", `/upload/${upload_id}/chunks/1`, file.slice(half));
  const { missing } = await send("GET", `/upload/${upload_id}`, undefined as never);
  if (missing.length > 0) throw new Error(`missing ${missing}`);
  return (await send("POST", "/upload/complete", form({ upload_id }))).hash;
}

/** The same by tus, in two requests. */
async function sendByTus([endpoint, token]: [string, string]): Promise<string> {
  const { tus } = globalThis as unknown as { tus: { Upload: new (file: Blob, options: UploadOptions) => Upload } };
  const file = await (await fetch("/clip.mp4")).blob();
  return new Promise((resolve, reject) => {
    const upload: Upload = new tus.Upload(file, {
      endpoint: `${endpoint}/files`,
      headers: { authorization: `Bearer ${token}` },
      metadata: { filename: "clip.mp4", title: "What the page says" },
      chunkSize: Math.ceil(file.size / 2),
      retryDelays: null as unknown as number[],
      onSuccess: () => resolve(upload.url?.split("/").at(-1) ?? ""),
      onError: reject,
    });
    upload.start();
  });
}

test.skipIf(!chromiumPath)(
  "a page of another origin uploads with a token alone, in chunks and by tus, and nothing more",
  async () => {
    const { key } = await createKey("upload");
    const clip = await makeClip(world.path("token.mp4"), { width: 320, height: 180, seconds: 1 });
    await using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: ({ url }) => (url.endsWith("/clip.mp4") ? new Response(Bun.file(clip)) : new Response("")),
    });
    const browser = await chromium.launch({
      executablePath: chromiumPath ?? "",
      args: ["--no-sandbox", "--disable-gpu"],
    });
    world.defer(() => browser.close());
    const page = await browser.newPage();
    await page.goto(server.url.href);
    await page.addScriptTag({ path: new URL(import.meta.resolve("tus-js-client/dist/tus.min.js")).pathname });
    for (const service of ["upload", "admin"] as const) {
      for (const send of [sendChunks, sendByTus]) {
        const init = {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ title: "Holiday", visibility: "private", max_bytes: Bun.file(clip).size }),
        };
        const { token } = await (await ask(service, "/upload/tokens", key, init)).json();
        const videoId = await page.evaluate(send, [system.url[service], token] as [string, string]);
        const video = await (await ask("metadata", `/videos/${videoId}`, admin)).json();
        expect(video).toMatchObject({ title: "Holiday", visibility: "private", filename: "clip.mp4" });
        expect((await ask("streaming", `/stream/${videoId}/original`)).status).toBe(403);
        expect(await page.evaluate(send, [system.url[service], token] as [string, string]).catch(String)).toContain(
          "403",
        );
        expect((await ask(service, "/videos", token)).status).toBe(403);
      }
    }
    expect(await system.log("upload")).toContain('"principal":"upload token:');
  },
  120_000,
);

test("a revoked key is refused by every service within five seconds", async () => {
  const { id, key } = await createKey("read", "upload");
  expect(await statuses(key)).toEqual([200, 200, 200, 200]);
  const revokedAt = performance.now();
  expect((await ask("admin", `/keys/${id}`, admin, { method: "DELETE" })).status).toBe(200);
  await until("nobody takes the key", async () => (await statuses(key)).every((status) => status === 401), 10);
  expect(performance.now() - revokedAt).toBeLessThan(5000);
}, 30_000);

test("an event stream is closed within five seconds of the revocation of its key, wherever it was opened", async () => {
  const { id, key } = await createKey("read");
  const { key: other } = await createKey("read");
  const open = (service: ServiceName, path: string, given = key) => ask(service, path, given);
  const streams = await Promise.all([
    open("metadata", "/videos/events"),
    open("transcoding", "/transcode/events"),
    open("admin", "/videos/events"),
    open("admin", "/transcode/events"),
  ]);
  expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const staying = await open("admin", "/videos/events", other);
  const reader = staying.body?.getReader();
  await reader?.read();
  let isOver = false;
  // Videos of other tests are still being transcoded, so that events may come.
  const readToEnd = async () => {
    while (reader && !(await reader.read()).done);
    isOver = true;
  };
  void readToEnd();
  const revokedAt = performance.now();
  expect((await ask("admin", `/keys/${id}`, admin, { method: "DELETE" })).status).toBe(200);
  const seconds = await Promise.all(
    streams.map(async (stream) => {
      await stream.text();
      return (performance.now() - revokedAt) / 1000;
    }),
  );
  expect(Math.max(...seconds)).toBeLessThan(5);
  expect(isOver).toBeFalse();
  await reader?.cancel();
}, 30_000);

test("while metadata is down known keys work, and unknown ones are answered with 503", async () => {
  const { key } = await createKey("read", "upload");
  const { key: unseen } = await createKey("read", "upload");
  expect(await statuses(key)).toEqual([200, 200, 200, 200]);
  expect(await statuses()).toEqual([401, 401, 401, 401]);
  await system.kill("metadata");
  const others = questions.filter(([service]) => service !== "metadata");
  const ofOthers = (given: string) =>
    Promise.all(others.map(async ([service, path]) => (await ask(service, path, given)).status));
  // Longer than an answer is remembered without asking again.
  const end = performance.now() + 4000;
  while (performance.now() < end) expect(await ofOthers(key)).toEqual([200, 200, 200]);
  expect(await ofOthers(unseen)).toEqual([503, 503, 503]);
  await system.start("metadata");
  // Within a second the others have seen that it is back.
  await until("all take the key", async () => (await statuses(unseen)).every((status) => status === 200), 5);
}, 60_000);

test("no key is in any log", async () => {
  const secret = (await Bun.file(`${system.storage}/service-key`).text()).trim();
  const logs = (await Promise.all(serviceNames.map(system.log))).join("");
  expect(logs).toContain('"principal":"key:');
  expect(logs).not.toMatch(/vb[su]?_[A-Za-z0-9_-]{43}/);
  expect(logs).not.toContain(secret);
});
