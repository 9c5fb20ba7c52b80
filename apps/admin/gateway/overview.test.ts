import { describe, expect, test } from "bun:test";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createWorld, transcript, type World } from "@video-backend/testing";
import { createAdminService } from "../service.ts";
import { connectServices } from "../services/connect-services.ts";
import { createTestAdmin } from "../testing.ts";

describe("what people watch is passed on", () => {
  test.each([
    ["/transcode/film/segments", "transcoding: GET /transcode/film/segments"],
    ["/transcode/film/bitrates", "transcoding: GET /transcode/film/bitrates"],
    ["/transcode/film/attempts?limit=5", "transcoding: GET /transcode/film/attempts"],
    ["/transcode/encoders", "transcoding: GET /transcode/encoders"],
    ["/transcode/queue", "transcoding: GET /transcode/queue"],
    ["/transcode/faults?limit=5", "transcoding: GET /transcode/faults"],
  ])("%s, with its query and its ETag", async (path, asked) => {
    await using world = createWorld();
    const admin = createTestAdmin(world);
    const send = transcript(admin.service);
    admin.bringBack("transcoding", (request) =>
      request.headers.get("if-none-match") === '"one"'
        ? new Response(null, { status: 304 })
        : Response.json({ query: new URL(request.url).search }, { headers: { etag: '"one"' } }),
    );
    const reply = await send(`GET ${path}`);
    expect(reply).toMatchObject({ status: 200, body: { query: path.includes("?") ? "?limit=5" : "" } });
    expect(reply.headers.get("etag")).toBe('"one"');
    expect((await send(`GET ${path}`, { headers: { "if-none-match": '"one"' } })).status).toBe(304);
    expect(admin.asked).toEqual([asked, asked]);
    admin.lose("transcoding");
    expect(await send(`GET ${path}`)).toMatchObject({
      status: 503,
      body: { detail: "Transcoding service unavailable: connection refused" },
    });
  });

  test("an upload's state, its end and its chunks, as they come", async () => {
    await using world = createWorld();
    const admin = createTestAdmin(world);
    const send = transcript(admin.service);
    const begun = { filename: "a.mp4", total_chunks: 2, chunk_size: 3, file_size: 6 };
    const { upload_id } = (await send("POST /upload/init", { json: begun })).body;
    await send("POST /upload/chunk", { form: { upload_id, index: "1", file: new File(["one"], "chunk") } });
    expect((await send(`GET /upload/${upload_id}`)).body).toMatchObject({ received: [1], missing: [0] });
    expect((await send(`DELETE /upload/${upload_id}`)).body).toEqual({ status: "deleted" });
    expect((await send(`GET /upload/${upload_id}`)).status).toBe(404);
    expect((await send("GET /upload/..%2fhealth")).status).toBe(400);

    admin.bringBack("upload", async (request) => {
      const { pathname } = new URL(request.url);
      return Response.json({ pathname, body: await request.text(), digest: request.headers.get("content-digest") });
    });
    const put = { body: "bytes", headers: { "content-digest": "sha-256=:AA==:" } };
    expect((await send("PUT /upload/abc/chunks/7", put)).body).toEqual({
      pathname: "/upload/abc/chunks/7",
      body: "bytes",
      digest: "sha-256=:AA==:",
    });
    for (const index of ["-1", "x", "1.5", "..%2f"]) {
      expect([400, 404]).toContain((await send(`PUT /upload/abc/chunks/${index}`, put)).status);
    }
  });

  test("title, description and visibility may be changed, and nothing that services tell each other", async () => {
    await using world = createWorld();
    const admin = createTestAdmin(world);
    const send = transcript(admin.service);
    await transcript(admin.metadata)("POST /videos", { json: { hash: "film", filename: "film.mp4" } });
    const changes = { title: "A film", description: "Words", visibility: "private" };
    expect((await send("PUT /videos/film", { json: changes })).body).toEqual({ status: "updated" });
    expect((await send("GET /videos/film")).body).toMatchObject(changes);
    expect((await send("PUT /videos/film", { json: { title: null } })).status).toBe(200);
    expect((await send("GET /videos/film")).body).toMatchObject({ ...changes, title: null });
    for (const json of [{ transcoding_status: "failed" }, { visibility: "hidden" }, { title: 1 }]) {
      expect((await send("PUT /videos/film", { json })).status).toBe(422);
    }
    expect((await send("PUT /videos/nobody", { json: changes })).body.detail).toBe("Video not found");
  });

  test("the library tells sizes, and is sorted and filtered as metadata does it", async () => {
    await using world = createWorld();
    const admin = createTestAdmin(world);
    const send = transcript(admin.service);
    const metadata = transcript(admin.metadata);
    await metadata("POST /videos", { json: { hash: "a", filename: "b.mp4" } });
    await metadata("POST /videos", { json: { hash: "b", filename: "a.mp4" } });
    await admin.store.put("originals/a/b.mp4", "12345");
    const { videos } = (await send("GET /admin/videos?sort=title&status=pending,stopped")).body;
    expect(videos).toMatchObject([
      { hash: "b", size_bytes: null },
      { hash: "a", size_bytes: 5 },
    ]);
    expect((await send("GET /admin/videos?status=failed")).body).toEqual({ videos: [], total: 0 });
    expect((await send("GET /admin/videos/a/status")).body.metadata).toMatchObject({ size_bytes: 5 });
  });
});

/** Admin on a socket, in front of services that are `answer` alone. */
function setup(answer: (request: Request) => Response | Promise<Response>) {
  const world = createWorld();
  const { url } = createAdmin(world, listen(world, answer));
  return { url, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

function createAdmin(world: World, others: string) {
  const services = connectServices({ upload: others, transcoding: others, metadata: others, streaming: others });
  const service = createAdminService({ store: createTestAdmin(world).store, services, log: world.log });
  return { url: listen(world, (request) => service.fetch(request)) };
}

function listen(world: World, fetch: (request: Request) => Response | Promise<Response>): string {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch });
  world.defer(() => server.stop(true));
  return `http://127.0.0.1:${server.port}`;
}

describe("a feed", () => {
  const events = (body: ReadableStream<Uint8Array>) =>
    new Response(body, { headers: { "content-type": "text/event-stream" } });

  test("is told as it comes, with the event that its follower saw last", async () => {
    const feed = new TransformStream<Uint8Array, Uint8Array>();
    const writer = feed.writable.getWriter();
    const asked = Promise.withResolvers<Request>();
    await using admin = setup((request) => {
      asked.resolve(request);
      return events(feed.readable);
    });
    void writer.write(new TextEncoder().encode("event: one\n\n"));
    const reply = await fetch(`${admin.url}/videos/events`, { headers: { "last-event-id": "7" } });
    const reader = reply.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("event: one\n\n");
    expect(reply.headers.get("content-type")).toBe("text/event-stream");
    const { url, headers } = await asked.promise;
    expect([new URL(url).pathname, headers.get("last-event-id")]).toEqual(["/videos/events", "7"]);
    await writer.close();
    expect((await reader?.read())?.done).toBe(true);
  });

  test("is let go of when its follower leaves", async () => {
    const gone = Promise.withResolvers<void>();
    await using admin = setup((request) => {
      request.signal.addEventListener("abort", () => gone.resolve());
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new TextEncoder().encode(": connected\n\n")),
      });
      return events(body);
    });
    const leaving = new AbortController();
    const reply = await fetch(`${admin.url}/transcode/events?upload_id=a`, { signal: leaving.signal });
    await reply.body?.getReader().read();
    leaving.abort();
    await gone.promise;
  });

  test("that breaks off ends", async () => {
    await using world = createWorld();
    const followed = Promise.withResolvers<ServerResponse>();
    const broken = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(": connected\n\n");
      followed.resolve(response);
    });
    await new Promise<void>((resolve) => broken.listen(0, "127.0.0.1", resolve));
    world.defer(() => broken.close());
    const { url } = createAdmin(world, `http://127.0.0.1:${(broken.address() as AddressInfo).port}`);
    const reader = (await fetch(`${url}/videos/events`)).body?.getReader();
    await reader?.read();
    (await followed.promise).destroy();
    expect((await reader?.read())?.done).toBe(true);
  });
});
