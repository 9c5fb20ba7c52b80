import { describe, expect, test } from "bun:test";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld, transcript, until } from "@video-backend/testing";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { createTestStreaming } from "../testing.ts";
import { createDemands, type Demands } from "./demands.ts";

/** Streaming over a video whose 360p playlist lists more than exists, and a transcoding service that is told what to answer. */
async function setup(answer: (store: ReturnType<typeof createTestStreaming>["store"]) => Response | Promise<Response>) {
  const world = createWorld();
  const asked: unknown[] = [];
  const transcoding = createTranscodingClient({
    baseUrl: "http://transcoding.test",
    retries: 0,
    async fetch(request) {
      asked.push([new URL(request.url).pathname, await request.json()]);
      return answer(streaming.store);
    },
  });
  const streaming = createTestStreaming(world, createTestMetadata(world).client, createDemands(transcoding));
  await streaming.store.put("hls/a/360p/playlist.m3u8", "#EXTM3U\n");
  await streaming.store.put("hls/a/360p/segment-00000.m4s", "made");
  const send = transcript(streaming.service);
  return { send, asked, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const problem = (status: number, code: string, detail: string, more: object = {}) =>
  Response.json(
    { type: `urn:video-backend:problem:${code}`, title: "x", status, detail, request_id: "x", ...more },
    { status },
  );

describe("a segment that is not made yet", () => {
  test("is asked for once, however many wait, and answered when it is there", async () => {
    await using app = await setup(async (store) => {
      await store.put("hls/a/360p/segment-00012.m4s", "made now");
      return Response.json({ status: "ready" });
    });
    const replies = await Promise.all(
      Array.from({ length: 100 }, () => app.send("GET /stream/a/360p/segment-00012.m4s")),
    );
    expect(new Set(replies.map((reply) => `${reply.status} ${reply.body}`))).toEqual(new Set(["200 made now"]));
    expect(app.asked).toEqual([["/transcode/a/demand", { quality: "360p", segment: 12 }]]);
  });

  test("and its init segment come together", async () => {
    await using app = await setup(async (store) => {
      await store.put("hls/a/360p/init-libx264.mp4", "init");
      return Response.json({ status: "ready" });
    });
    expect(await app.send("GET /stream/a/360p/init-libx264.mp4")).toMatchObject({ status: 200, body: "init" });
    expect(app.asked).toEqual([["/transcode/a/demand", { quality: "360p", segment: 0 }]]);
  });

  test("and never will be is 404 Segment not found", async () => {
    await using app = await setup(() => problem(404, "not_found", "Segment not found"));
    expect(await app.send("GET /stream/a/360p/segment-00099.m4s")).toMatchObject({
      status: 404,
      body: { detail: "Segment not found" },
    });
  });

  test("and is not ready in time is 503 with Retry-After", async () => {
    await using app = await setup(() => problem(503, "unavailable", "Segment 12 of 360p is not ready yet; ask again"));
    const reply = await app.send("GET /stream/a/360p/segment-00012.m4s");
    expect(reply).toMatchObject({ status: 503, body: { detail: "Segment 12 of 360p is not ready yet; ask again" } });
    expect(reply.headers.get("retry-after")).toBe("1");
  });

  test("and will take long is 503 with what transcoding says of the wait", async () => {
    const sentence = "Segment 12 of 360p is not ready yet; ask again in 40 s: the source has no key frame after 0 s";
    await using app = await setup(() => problem(503, "unavailable", sentence, { retry_after: 40 }));
    const reply = await app.send("GET /stream/a/360p/segment-00012.m4s");
    expect(reply).toMatchObject({ status: 503, body: { detail: sentence, retry_after: 40 } });
    expect(reply.headers.get("retry-after")).toBe("40");
  });

  test("while transcoding is away is 503, and what is made still plays", async () => {
    await using app = await setup(() => {
      throw new Error("connection refused");
    });
    expect((await app.send("GET /stream/a/360p/segment-00012.m4s")).status).toBe(503);
    expect(await app.send("GET /stream/a/360p/segment-00000.m4s")).toMatchObject({ status: 200, body: "made" });
  });

  test("makes nobody work unless a playlist stands beside it and its name is a segment's", async () => {
    await using app = await setup(() => Response.json({ status: "ready" }));
    for (const path of [
      "b/360p/segment-00001.m4s",
      "a/720p/segment-00001.m4s",
      "a/360p/other.m4s",
      "a/360p/segment-1.m4s",
    ]) {
      expect((await app.send(`GET /stream/${path}`)).status).toBe(404);
    }
    expect(app.asked).toEqual([]);
  });
});

describe("a thousand players at one segment that is not made yet", () => {
  /** As many services as processes share a port; the stand-in answers when it is told to. */
  async function setupProcesses(count: number) {
    const world = createWorld();
    const asked: unknown[] = [];
    let waiting = 0;
    const made = Promise.withResolvers<Response>();
    const services = Array.from({ length: count }, () => {
      const transcoding = createTranscodingClient({
        baseUrl: "http://transcoding.test",
        retries: 0,
        async fetch(request) {
          asked.push(await request.json());
          return (await made.promise).clone();
        },
      });
      const demands = createDemands(transcoding);
      const counted: Demands = {
        wait(...segment) {
          waiting++;
          return demands.wait(...segment);
        },
        restore: demands.restore,
      };
      return createTestStreaming(world, createTestMetadata(world).client, counted);
    });
    const [first] = services;
    if (!first) throw new Error("No service");
    for (const [key, content] of [
      ["hls/making/360p/playlist.m3u8", "#EXTM3U\n"],
      ["hls/done/360p/playlist.m3u8", "#EXTM3U\n"],
      ["hls/done/360p/segment-00000.m4s", "made long ago"],
      ["hls/done/master.m3u8", "#EXTM3U\n"],
    ] as const) {
      await first.store.put(key, content);
    }
    return {
      store: first.store,
      asked,
      waiting: () => waiting,
      answerWith: made.resolve,
      send: services.map(({ service }) => transcript(service)),
      [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
    };
  }

  const playersAt = (send: ReturnType<typeof transcript>) =>
    Array.from({ length: 1000 }, () => send("GET /stream/making/360p/segment-00007.m4s"));

  test("cause one question, and players of finished videos are served meanwhile", async () => {
    await using app = await setupProcesses(1);
    const [send] = app.send;
    if (!send) throw new Error("No service");
    const waiting = playersAt(send);
    await until("all wait", () => app.waiting() === 1000);
    for (const path of ["master.m3u8", "360p/playlist.m3u8", "360p/segment-00000.m4s"]) {
      expect((await send(`GET /stream/done/${path}`)).status).toBe(200);
    }
    await app.store.put("hls/making/360p/segment-00007.m4s", "made now");
    app.answerWith(Response.json({ status: "ready" }));
    const replies = await Promise.all(waiting);
    expect(new Set(replies.map(({ status, body }) => `${status} ${body}`))).toEqual(new Set(["200 made now"]));
    expect(app.asked).toEqual([{ quality: "360p", segment: 7 }]);
  });

  test("cause one question a process, and are all told when it will not come in time", async () => {
    await using app = await setupProcesses(3);
    const waiting = app.send.flatMap(playersAt);
    await until("all wait", () => app.waiting() === 3000);
    app.answerWith(problem(503, "unavailable", "Segment 7 of 360p is not ready yet; ask again"));
    const replies = await Promise.all(waiting);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([503]));
    expect(app.asked).toHaveLength(3);
  });
});
