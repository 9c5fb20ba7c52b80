import { expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";
import { createTestMetadata } from "@video-backend/metadata/testing";
import { createWorld, until } from "@video-backend/testing";
import { createTranscodingClient } from "@video-backend/transcoding/client";
import { createTestUpload } from "@video-backend/upload/testing";
import { Hono } from "hono";
import { openRememberedUploads } from "./remembered-uploads.ts";
import { type UploadCommand, uploadFile } from "./upload-file.ts";

const mebibyte = 1024 * 1024;
const rendition = (progress: number) => ({ status: "running", progress });
const running = { overall: "running", playable: false, qualities: { "720p": rendition(10) }, audio: null };

/** Of the file that is uploaded. Made once: it takes half a second. */
const content = new Uint8Array(9 * mebibyte).map((_, index) => (index * 7 + index / mebibyte) % 251);

/** Of the chunk that a request carries. */
const indexOf = ({ url }: Request): number => Number(url.slice(url.lastIndexOf("/") + 1));

/** The real upload and metadata services; a transcoding that answers these statuses one after another, then the last. */
function setup(statuses: object[] = [{ ...running, overall: "ok", playable: true }]) {
  const world = createWorld();
  const { client: metadata } = createTestMetadata(world);
  const script = [...statuses];
  const app = new Hono()
    .post("/transcode/start", (c) => c.json({ status: "started", upload_id: "" }))
    .get("/transcode/status/:id", (c) => c.json((script.length > 1 ? script.shift() : script[0]) ?? {}));
  const transcoding = createTranscodingClient({
    baseUrl: "http://transcoding.test",
    fetch: (request) => app.fetch(request),
  });
  const { service, client } = createTestUpload(world, { metadata, transcoding });

  const file = world.path("film.mp4");
  writeFileSync(file, content);

  const said: string[] = [];
  const sent: number[] = [];
  /** Carries a chunk, unless a test gives it another fate. */
  const carry = async (request: Request): Promise<Response> => {
    const response = await service.fetch(request);
    if (response.ok) sent.push(indexOf(request));
    return response;
  };
  const run = (different: Partial<UploadCommand> = {}, path = file) =>
    uploadFile(
      {
        uploadUrl: "http://upload.test",
        streamingUrl: "http://streaming.test",
        upload: client,
        transcoding,
        remembered: openRememberedUploads(world.path("state", "uploads.json")),
        screen: { say: (line) => void said.push(line), show: () => {}, clear: () => {} },
        signal: new AbortController().signal,
        fetch: carry,
        pause: async () => {},
        now: world.clock.now,
        retryMilliseconds: 0,
        ...different,
      },
      path,
    );
  const idOf = (line = said.find((line) => line.startsWith("uploaded as "))) => line?.split(/[ ;]/)[2] ?? "";
  return {
    world,
    file,
    content,
    said,
    sent,
    carry,
    run,
    original: () => Bun.file(world.path("originals", idOf(), "film.mp4")).bytes(),
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

test("a file arrives as it is, and its address is told", async () => {
  await using upload = setup();
  await upload.run();
  expect(upload.sent.sort()).toEqual([0, 1, 2]);
  expect(Buffer.compare(await upload.original(), upload.content)).toBe(0);
  expect(upload.said.at(-1)).toMatch(/^done: http:\/\/streaming\.test\/stream\/[\w-]+\/master\.m3u8$/);
});

test("an interrupted run is taken up by the next, which sends what is missing and no more", async () => {
  await using upload = setup();
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error("Ctrl-C"));
  const first = upload.run({
    signal: interrupted.signal,
    fetch: async (request) => {
      const index = indexOf(request);
      if (index === 1) return upload.carry(request);
      await new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => reject(request.signal.reason));
        if (index === 2) void until("the other is in place", () => upload.sent.length === 1).then(interrupt);
      });
      throw new Error("not reached");
    },
  });
  await expect(first).rejects.toThrow("Ctrl-C");
  expect(upload.sent).toEqual([1]);
  await upload.run();
  expect(upload.said.find((line) => line.startsWith("going on with"))).toEndWith("1 of 3 chunks are there");
  expect(upload.sent.sort()).toEqual([0, 1, 2]);
  expect(Buffer.compare(await upload.original(), upload.content)).toBe(0);
});

test("a run that ended after its upload goes on with the transcode, and is forgotten once that is done", async () => {
  await using upload = setup([running, { ...running, overall: "ok", playable: true }]);
  const first = upload.run({
    pause: async () => {
      throw new Error("Ctrl-C");
    },
  });
  await expect(first).rejects.toThrow("Ctrl-C");
  await upload.run();
  expect(upload.sent).toHaveLength(3);
  await upload.run();
  expect(upload.sent).toHaveLength(6);
});

test("an upload that was deleted meanwhile is begun anew", async () => {
  await using upload = setup();
  const remembered = openRememberedUploads(upload.world.path("state", "uploads.json"));
  const { size, mtimeMs } = statSync(upload.file);
  const identity = { path: upload.file, sizeBytes: size, modifiedAtMs: mtimeMs, uploadUrl: "http://upload.test" };
  await remembered.remember(identity, "long-gone");
  await upload.run();
  expect(upload.sent).toHaveLength(3);
});

test("a line that breaks costs a retry, not the upload", async () => {
  await using upload = setup();
  let tries = 0;
  await upload.run({
    fetch: (request) => {
      if (++tries % 2 === 1) throw new Error("connection reset");
      return upload.carry(request);
    },
  });
  expect(Buffer.compare(await upload.original(), upload.content)).toBe(0);
});

test("what the service refuses is not tried again", async () => {
  await using upload = setup();
  let tries = 0;
  const refused = upload.run({
    fetch: async () => {
      tries++;
      return new Response("no", { status: 413 });
    },
  });
  await expect(refused).rejects.toThrow("The service answered 413");
  expect(tries).toBeLessThanOrEqual(4);
});

test("playable is told once, as soon as it is", async () => {
  const playable = { ...running, playable: true };
  await using upload = setup([running, playable, playable, { ...playable, overall: "ok" }]);
  await upload.run();
  expect(upload.said.map((line) => line.split(":")[0]).slice(1)).toEqual(["playable now", "done"]);
});

test("a transcode that fails is told with its reason", async () => {
  await using upload = setup([{ ...running, overall: "error", error: "no video in it" }]);
  await expect(upload.run()).rejects.toThrow("Transcoding failed: no video in it");
});

test("a file that is not there, or is none, is named", async () => {
  await using upload = setup();
  await expect(upload.run({}, upload.world.path("no.mp4"))).rejects.toThrow(
    `there is no file ${upload.world.path("no.mp4")}`,
  );
  await expect(upload.run({}, upload.world.directory)).rejects.toThrow("is no file");
});
