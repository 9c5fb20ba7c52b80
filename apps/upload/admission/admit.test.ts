import { describe, expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { until } from "@video-backend/testing";
import { appendSource } from "../sources/append-source.ts";
import { chunkInFlight, setup } from "../test-setup.ts";
import { createUpload } from "../uploads/create-upload.ts";
import type { Limits } from "./admit.ts";

const mebibyte = 1024 ** 2;

/** An upload service with these limits, on a disk that says to have `disk.freeBytes`. */
function setupLimited(limits: Partial<Limits> = {}, freeBytes = 1000 * mebibyte) {
  const disk = { freeBytes };
  const upload = setup((_, real) => ({
    limits: { ...real.limits, lowWaterBytes: 0, ...limits },
    disk: { freeBytes: async () => disk.freeBytes, totalBytes: async () => 2 ** 40 },
  }));
  const init = (json: Record<string, unknown>) =>
    upload.send("POST /upload/init", { json: { filename: "film.mp4", total_chunks: 1, ...json } });
  /** A whole body as raw chunk; `announced` is false for one that says no length. */
  const put = (id: string, index: number, text: string, announced = true) =>
    upload.send(`PUT /upload/${id}/chunks/${index}`, {
      body: text,
      headers: announced ? { "content-length": String(text.length) } : {},
    });
  const uploads = () => readdirSync(upload.world.directory).filter((name) => name === "uploads");
  return { ...upload, disk, put, uploads, begin: init };
}

test.each([
  ["a file", { file_size: 1001 }, { max_file_bytes: 1000 }],
  ["a file by its chunks", { total_chunks: 12, chunk_size: 100 }, { max_file_bytes: 1000 }],
  ["chunks", { chunk_size: 401, total_chunks: 2 }, { max_chunk_bytes: 400 }],
  ["a file as one chunk", { file_size: 401 }, { max_chunk_bytes: 400 }],
  ["a file in too few chunks", { file_size: 900, total_chunks: 2 }, { max_chunk_bytes: 400 }],
  ["a last chunk", { file_size: 900, total_chunks: 3, chunk_size: 200 }, { max_chunk_bytes: 400 }],
  ["so many chunks", { total_chunks: 21 }, { max_chunks: 20 }],
])("%s larger than is accepted: 413 with the limit, and nothing is made", async (_, asked, limit) => {
  await using upload = setupLimited({ maxFileBytes: 1000, maxChunkBytes: 400, maxChunks: 20 });
  expect(await upload.begin(asked)).toMatchObject({ status: 413, body: limit });
  expect(upload.uploads()).toEqual([]);
});

test("a file of exactly the largest size is accepted", async () => {
  await using upload = setupLimited({ maxFileBytes: 1000, maxChunkBytes: 400, maxChunks: 20 });
  const most = { file_size: 1000, total_chunks: 3, chunk_size: 400 };
  expect((await upload.begin(most)).status).toBe(200);
  expect((await upload.begin({ total_chunks: 20 })).status).toBe(200);
});

test.each([
  ["said before", true],
  ["seen while it comes", false],
])("no upload grows beyond the largest file, %s", async (_, announced) => {
  await using upload = setupLimited({ maxFileBytes: 10 });
  const { body } = await upload.begin({ total_chunks: 4 });
  const id = body.upload_id;
  expect((await upload.put(id, 0, "aaaa", announced)).status).toBe(200);
  expect((await upload.put(id, 1, "bbbb", announced)).status).toBe(200);
  const refused = { status: 413, body: { max_file_bytes: 10 } };
  expect(await upload.put(id, 2, "ccc", announced)).toMatchObject(refused);
  // One whose place follows from the others, far behind, and one that waits for its place beside the source.
  expect(await upload.put(id, 3, "dddd", announced)).toMatchObject(refused);
  const { size } = await Bun.file(upload.world.path("uploads", id, "source")).stat();
  expect(size).toBeLessThanOrEqual(10);
  expect((await upload.put(id, 2, "cc", announced)).status).toBe(200);
});

test.each(["form", "raw"])("a chunk that is too large is 413, and the upload continues (%s)", async (kind) => {
  await using upload = setupLimited({ maxChunkBytes: 10 });
  const { body } = await upload.begin({ total_chunks: 2 });
  const send = kind === "form" ? upload.chunk : upload.put;
  for (const index of [0, 1]) {
    expect(await send(body.upload_id, index, "x".repeat(11))).toMatchObject({
      status: 413,
      body: { max_chunk_bytes: 10 },
    });
  }
  expect((await send(body.upload_id, 0, "x".repeat(10))).status).toBe(200);
  expect((await upload.send(`GET /upload/${body.upload_id}`)).body).toMatchObject({
    received: [0],
    bytes_received: 10,
  });
});

test("no room for the file and its renditions: 507 with the figures before anything is sent", async () => {
  await using upload = setupLimited({ lowWaterBytes: 50, ladderRatio: 1.5 }, 300);
  expect(await upload.begin({ file_size: 101 })).toMatchObject({
    status: 507,
    body: { needed_bytes: 253, free_bytes: 250, promised_bytes: 0 },
  });
  expect(upload.uploads()).toEqual([]);
  expect((await upload.begin({ file_size: 100 })).status).toBe(200);
});

test("promised room is reserved: of ten concurrent uploads only so many start as fit", async () => {
  await using upload = setupLimited({}, 1000);
  const replies = await Promise.all(Array.from({ length: 10 }, () => upload.begin({ file_size: 100 })));
  expect(replies.map((reply) => reply.status).sort()).toEqual([...Array(5).fill(200), ...Array(5).fill(507)]);
  const refused = replies.find((reply) => reply.status === 507);
  expect(refused?.body).toMatchObject({ needed_bytes: 200, free_bytes: 1000, promised_bytes: 1000 });
});

test("a promise shrinks as bytes are received, to that of the renditions, and ends with a delete or the handover", async () => {
  await using upload = setupLimited({}, 100 * mebibyte);
  const promised = async () => (await upload.begin({ file_size: 100 * mebibyte })).body.promised_bytes / mebibyte;
  const bytes = crypto.getRandomValues(new Uint8Array(65_536)).toHex().repeat(8);
  const begun = (await upload.begin({ file_size: 3 * mebibyte, total_chunks: 3, chunk_size: mebibyte })).body.upload_id;
  expect(await promised()).toBe(6);
  await upload.put(begun, 2, bytes);
  expect(await promised()).toBe(5);
  for (const index of [0, 1]) await upload.put(begun, index, bytes);
  expect(await promised()).toBe(3);
  upload.others.transcoding = "away";
  await upload.complete(begun);
  expect(await promised()).toBe(3);
  upload.others.transcoding = "up";
  await upload.complete(begun);
  expect(await promised()).toBe(0);
  const undeclared = (await upload.begin({})).body.upload_id;
  await upload.put(undeclared, 0, bytes);
  expect(await promised()).toBe(1);
  await upload.send(`DELETE /upload/${undeclared}`);
  expect(await promised()).toBe(0);
});

test("without room chunks are refused before they are read, and accepted once there is some", async () => {
  await using upload = setupLimited({ lowWaterBytes: 50 }, 1000);
  const id = (await upload.begin({ total_chunks: 2 })).body.upload_id;
  await upload.put(id, 0, "first");
  upload.disk.freeBytes = 52;
  expect(await upload.put(id, 1, "second")).toMatchObject({ status: 507, body: { needed_bytes: 6, free_bytes: 2 } });
  upload.disk.freeBytes = 49;
  const unread = chunkInFlight(id, 1);
  const reply = upload.service.fetch(unread.request);
  await unread.begin();
  void unread.send("the first of many").catch(() => "nobody reads it");
  expect((await reply).status).toBe(507);
  for (const send of [upload.chunk, upload.put]) {
    expect(await send(id, 1, "x")).toMatchObject({ status: 507, body: { free_bytes: 0 } });
  }
  expect((await upload.begin({})).status).toBe(507);
  upload.disk.freeBytes = 1000;
  expect((await upload.put(id, 1, "second")).status).toBe(200);
  expect((await upload.complete(id)).status).toBe(200);
});

test("open uploads are limited per client; complete and deleted ones do not count", async () => {
  await using upload = setupLimited({ openUploadsPerClient: 2 });
  const init = async (address: string | null, forwarded?: string) => {
    const request = new Request("http://upload.test/upload/init", {
      method: "POST",
      headers: { "content-type": "application/json", ...(forwarded && { "x-forwarded-for": forwarded }) },
      body: JSON.stringify({ filename: "film.mp4", total_chunks: 1 }),
    });
    const response = await upload.service.fetch(request, { clientAddress: () => address });
    return { status: response.status, body: (await response.json()) as { upload_id: string } };
  };
  const first = await init("10.0.0.1");
  const second = await init("10.0.0.1");
  expect(await init("10.0.0.1")).toMatchObject({ status: 429, body: { open_uploads: 2, max_open_uploads: 2 } });
  // Whoever is no proxy of ours counts as himself, whatever he says.
  expect((await init("10.0.0.1", "10.0.0.9")).status).toBe(429);
  expect((await init("127.0.0.1", "10.0.0.1")).status).toBe(429);
  expect((await init("::ffff:127.0.0.1", "10.0.0.9, 10.0.0.1, 127.0.0.1")).status).toBe(429);
  expect((await init("10.0.0.2")).status).toBe(200);
  expect((await init(null)).status).toBe(200);
  await upload.send(`DELETE /upload/${first.body.upload_id}`);
  expect((await init("10.0.0.1")).status).toBe(200);
  await upload.chunk(second.body.upload_id, 0, "x");
  await upload.complete(second.body.upload_id);
  expect((await init("127.0.0.1", "10.0.0.1")).status).toBe(200);
  expect((await init("10.0.0.1")).status).toBe(429);
});

const small = "x".repeat(1000);

describe("while bytes are received", () => {
  test.each([
    ["a form", (id: string) => chunkInFlight(id, 0)],
    ["a form whose file stands before its fields", (id: string) => chunkInFlight(id, 0, "last")],
    ["a form that says its upload first and its index last", (id: string) => chunkInFlight(id, 0, "index last")],
  ])("%s that brings the disk below the mark is ended with 507, and leaves nothing", async (_, sender) => {
    await using upload = setupLimited({ lowWaterBytes: 50 }, 1000 * mebibyte);
    const id = (await upload.begin({})).body.upload_id;
    const flight = sender(id);
    const reply = upload.service.fetch(flight.request);
    await flight.begin();
    await flight.send(small);
    await until("it comes in", () => bytesBelow(upload.world.path("uploads")) > 0);
    upload.disk.freeBytes = 49;
    const status = Promise.resolve(reply).then((response) => response.status);
    await sendUntil(flight, status);
    expect(await status).toBe(507);
    await until("nothing is left", () =>
      filesBelow(upload.world.path("uploads")).every(({ name }) => name === "source"),
    );
    upload.disk.freeBytes = 1000 * mebibyte;
    expect((await upload.send(`GET /upload/${id}`)).body.received).toEqual([]);
    expect((await upload.chunk(id, 0, "x")).status).toBe(200);
    expect((await upload.complete(id)).status).toBe(200);
  });

  test("what is promised to others is not available to an upload without a declared size", async () => {
    await using upload = setupLimited({ ladderRatio: 0 }, 1000);
    const id = (await upload.begin({})).body.upload_id;
    const flight = chunkInFlight(id, 0);
    const status = Promise.resolve(upload.service.fetch(flight.request)).then((response) => response.status);
    await flight.begin();
    await flight.send(small);
    await until("it comes in", () => bytesBelow(upload.world.path("uploads")) > 0);
    const promised = (await upload.begin({ file_size: 900, total_chunks: 2, chunk_size: 500 })).body.upload_id;
    upload.disk.freeBytes = 899;
    await sendUntil(flight, status);
    expect(await status).toBe(507);
    expect(await upload.put(id, 0, "x")).toMatchObject({ status: 507, body: { free_bytes: 899, promised_bytes: 900 } });
    // The one that it was promised to has it.
    expect((await upload.put(promised, 0, "x".repeat(500))).status).toBe(200);
  });

  test("by tus what was received before the low-water mark counts, and the client continues once there is room", async () => {
    await using upload = setupLimited({ lowWaterBytes: 50 }, 1000 * mebibyte);
    const id = await createUpload(upload.deps, {
      filename: "film.mp4",
      fileSizeBytes: null,
      client: null,
    });
    async function* body() {
      yield new TextEncoder().encode("before");
      upload.disk.freeBytes = 49;
      await new Promise((resolve) => setTimeout(resolve, 20));
      for (let times = 0; times < 100; times++) yield new Uint8Array(mebibyte);
    }
    const append = { offset: 0, body: body(), signal: new AbortController().signal };
    const failed = await appendSource(upload.deps, id, append).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "storage_full" });
    const { bytes_received } = (await upload.send(`GET /upload/${id}`)).body;
    expect(bytes_received).toBeGreaterThanOrEqual(6);
    expect(bytes_received).toBeLessThanOrEqual(6 + 2 * mebibyte);
  });
});

test("a form of an upload that accepts no chunks is refused before its file is read, if its fields are first", async () => {
  await using upload = setupLimited();
  for (const order of ["first", "index last"] as const) {
    const flight = chunkInFlight("nobody", 0, order);
    const reply = upload.service.fetch(flight.request);
    await flight.begin();
    void flight.send("the first of many").catch(() => "nobody reads it");
    expect((await reply).status).toBe(404);
  }
});

test("a form whose file is first may have at most the largest chunk", async () => {
  await using upload = setupLimited({ maxChunkBytes: 1000 });
  const flight = chunkInFlight("nobody", 0, "last");
  const status = Promise.resolve(upload.service.fetch(flight.request)).then((response) => response.status);
  await flight.begin();
  await flight.send(small);
  void flight.send("x").catch(() => "nobody reads it");
  expect(await status).toBe(413);
  expect(readdirSync(upload.world.path("uploads", ".incoming"))).toEqual([]);
});

/** Sends on, piece after piece, until it is answered. */
async function sendUntil(flight: ReturnType<typeof chunkInFlight>, status: Promise<number>): Promise<void> {
  let isAnswered = false;
  void status.finally(() => {
    isAnswered = true;
  });
  for (let times = 0; times < 1000 && !isAnswered; times++) {
    void flight.send(small).catch(() => "nobody reads it any more");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const filesBelow = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

/** Bytes of all files below a folder. */
const bytesBelow = (path: string): number =>
  filesBelow(path).reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
