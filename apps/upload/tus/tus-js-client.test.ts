/** The client that Uppy and most pages use, as it is, against the service as a process. */
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createReadStream, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { createWorld, until, type World } from "@video-backend/testing";
import { type HttpRequest, Upload, type UploadOptions } from "tus-js-client";
import { runService } from "../test-process.ts";

const mebibyte = 1024 ** 2;
const never = null as unknown as number[];
const unknown = null as unknown as number;

/** A file of random bytes, and uploads of it that note each request. */
function setup(mebibytes: number) {
  const world = createWorld();
  const path = world.path("film.mp4");
  const content = randomBytes(mebibytes * mebibyte);
  writeFileSync(path, content);
  const requests: string[] = [];
  let address = "";

  /** Uploads with a client that knows nothing of those before it; resolves when the upload is complete. */
  async function upload(url: string, options: UploadOptions = {}, input = createReadStream(path)): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const upload = new Upload(input, {
      endpoint: `${url}/files`,
      metadata: { filename: "film.mp4", filetype: "video/mp4" },
      chunkSize: mebibyte,
      retryDelays: never,
      onBeforeRequest: (request) => void requests.push(lineOf(request)),
      onUploadUrlAvailable() {
        address = upload.url ?? "";
      },
      onSuccess: () => resolve(),
      onError: reject,
      ...options,
    });
    upload.start();
    await promise;
  }

  return {
    world,
    content,
    requests,
    upload,
    /** Where the latest upload goes. */
    address: () => address,
    /** Whether the latest upload ended as the very same file. */
    isWhole() {
      const id = address.slice(address.lastIndexOf("/") + 1);
      return readFileSync(world.path("originals", id, "film.mp4")).equals(content);
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** Such as `PATCH 1.5`: the method, and at how many MiB. */
function lineOf(request: HttpRequest): string {
  const offset = request.getHeader("Upload-Offset");
  return offset === undefined ? request.getMethod() : `${request.getMethod()} ${Number(offset) / mebibyte}`;
}

/** How far the only source of a world is filled. */
function largestSource(world: World): number {
  const [id = ""] = readdirSync(world.path("uploads")).filter((name) => !name.startsWith("."));
  return statSync(world.path("uploads", id, "source")).size;
}

/**
 * A line to the service that breaks once so many bytes went over it and `writtenBytes` of them are written, and lets everything through from then on.
 *
 * @param breaks at the client alone, as when its network is gone, or at both ends
 */
async function breakingLine(
  world: World,
  url: string,
  [afterBytes, writtenBytes]: [number, number],
  breaks: "one end" | "both ends",
) {
  const { port, hostname } = new URL(url);
  const sockets = new Set<Socket>();
  let passed = 0;
  const server = createServer((client) => {
    const service = connect(Number(port), hostname);
    for (const socket of [client, service]) sockets.add(socket.on("error", () => {}));
    client.on("data", (bytes) => {
      const before = passed;
      passed += bytes.length;
      if (before >= afterBytes || passed < afterBytes) return void service.write(bytes);
      client.pause();
      void until("some of it is written", () => largestSource(world) > writtenBytes).then(() => {
        client.destroy();
        if (breaks === "both ends") service.destroy();
      });
    });
    service.on("data", (bytes) => client.write(bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  world.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("uploads in several requests, in one, and with a deferred length have the same bytes", async () => {
  await using tus = setup(4);
  const { url } = await runService(tus.world);
  await tus.upload(url);
  expect(tus.requests).toEqual(["POST", "PATCH 0", "PATCH 1", "PATCH 2", "PATCH 3"]);
  expect(tus.isWhole()).toBeTrue();

  tus.requests.length = 0;
  await tus.upload(url, { chunkSize: Number.POSITIVE_INFINITY, uploadDataDuringCreation: true });
  expect(tus.requests).toEqual(["POST"]);
  expect(tus.isWhole()).toBeTrue();

  const endless = new PassThrough();
  endless.end(tus.content);
  // The client waits for ever at the end of a stream that is a whole number of its chunks.
  const inParts = { chunkSize: 1.5 * mebibyte, uploadLengthDeferred: true, uploadSize: unknown };
  await tus.upload(url, inParts, endless as never);
  expect(tus.isWhole()).toBeTrue();
});

test.each(["both ends", "one end"] as const)(
  "is cut at %s in the middle, and a fresh client goes on from there",
  async (breaks) => {
    await using tus = setup(8);
    const { url } = await runService(tus.world);
    const line = await breakingLine(tus.world, url, [4.5 * mebibyte, 3 * mebibyte], breaks);
    const cut = await tus.upload(line, { chunkSize: 3 * mebibyte }).catch((error) => error);
    expect(cut).toBeInstanceOf(Error);
    expect(tus.requests).toEqual(["POST", "PATCH 0", "PATCH 3"]);

    tus.requests.length = 0;
    await tus.upload(line, { chunkSize: 3 * mebibyte, uploadUrl: tus.address() });
    const [head, first = ""] = tus.requests;
    expect(head).toBe("HEAD");
    // What came of the part that was cut counts.
    expect(Number(first.slice("PATCH ".length))).toBeGreaterThan(3);
    expect(tus.isWhole()).toBeTrue();
  },
);

test("kill -9 of the service, three times in one upload: nothing that was acknowledged is sent again", async () => {
  await using tus = setup(12);
  let service = await runService(tus.world);
  const { url } = service;
  let acknowledged = 0;
  for (const killAt of [2.5, 5.2, 8.8]) {
    let killed: Promise<void> | undefined;
    const failed = tus.upload(url, {
      uploadUrl: tus.address() || null,
      onChunkComplete(_, bytes) {
        acknowledged = bytes;
      },
      onProgress(bytes) {
        if (bytes > killAt * mebibyte) killed ??= service.kill();
      },
    });
    expect(await failed.catch((error) => error)).toBeInstanceOf(Error);
    await killed;
    expect(acknowledged).toBeGreaterThan((killAt - 1.5) * mebibyte);
    service = await runService(tus.world, url);
    const head = await fetch(tus.address(), { method: "HEAD", headers: { "tus-resumable": "1.0.0" } });
    expect(Number(head.headers.get("upload-offset"))).toBeGreaterThanOrEqual(acknowledged);
  }
  await tus.upload(url, { uploadUrl: tus.address() });
  expect(tus.isWhole()).toBeTrue();
  expect(tus.requests.filter((line) => line === "POST")).toHaveLength(1);
});
