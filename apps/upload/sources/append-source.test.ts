import { expect, test } from "bun:test";
import { readFileSync, truncateSync } from "node:fs";
import { until } from "@video-backend/testing";
import { eq } from "drizzle-orm";
import { limitsOf, UploadConfig } from "../config.ts";
import { uploads } from "../database/schema.ts";
import { setup } from "../test-setup.ts";
import { createUpload } from "../uploads/create-upload.ts";
import { findUpload } from "../uploads/state.ts";
import { appendSource } from "./append-source.ts";

const limits = limitsOf(UploadConfig.parse({}));

type Upload = ReturnType<typeof setup>;

const begin = ({ deps }: Upload, fileSizeBytes: number | null = null) =>
  createUpload(deps, {
    filename: "film.mp4",
    fileSizeBytes,
    client: null,
  });

const bytesOf = (text: string) => new TextEncoder().encode(text);

async function* pieces(...texts: string[]) {
  for (const text of texts) yield bytesOf(text);
}

/** A body that a test sends piece by piece. */
function openBody() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  return {
    body: readable as AsyncIterable<Uint8Array>,
    send: (text: string) => writer.write(bytesOf(text)),
    end: () => writer.close(),
    cut: () => writer.abort(new Error("the line was cut")),
  };
}

const append = (
  { deps }: Upload,
  id: string,
  offset: number,
  body: AsyncIterable<Uint8Array>,
  more: { signal?: AbortSignal } = {},
) => appendSource(deps, id, { offset, body, signal: new AbortController().signal, ...more });

const filledTo = ({ deps }: Upload, id: string) => findUpload(deps, id).then((found) => found.appendedBytes);
const source = ({ world }: Upload, id: string) => readFileSync(world.path("uploads", id, "source"), "utf8");

test("bytes are appended one after another, and only where the source is filled to", async () => {
  await using upload = setup();
  const id = await begin(upload);
  expect(await append(upload, id, 0, pieces("one ", "two "))).toBe(8);
  expect(await append(upload, id, 8, pieces("three"))).toBe(13);
  for (const offset of [0, 12, 14]) {
    const refused = append(upload, id, offset, pieces("x"));
    expect(await refused.catch((error) => error)).toMatchObject({
      code: "conflict",
      details: { offset, expected_offset: 13 },
    });
  }
  expect(source(upload, id)).toBe("one two three");
  expect(await filledTo(upload, id)).toBe(13);
});

test("what was received before the connection was lost counts, and the sender continues from there", async () => {
  await using upload = setup();
  const id = await begin(upload);
  const line = openBody();
  const first = append(upload, id, 0, line.body);
  await line.send("half of ");
  await until("it is written", () => source(upload, id) === "half of ");
  void line.cut().catch(() => {});
  expect(await first.catch((error) => error)).toMatchObject({ code: "malformed_request" });
  expect(await filledTo(upload, id)).toBe(8);
  expect(await append(upload, id, 8, pieces("it"))).toBe(10);
  expect(source(upload, id)).toBe("half of it");
});

test("the newer of two senders wins at once, although the older connection still seems open", async () => {
  await using upload = setup();
  const id = await begin(upload);
  const old = openBody();
  const older = append(upload, id, 0, old.body).catch((error) => error);
  await old.send("from the older, ");
  await until("it is written", () => source(upload, id).length === 16);
  // Nobody knows yet where the older one ends; the newer is told, and then it knows.
  expect(await append(upload, id, 0, pieces("x")).catch((error) => error)).toMatchObject({
    code: "conflict",
    details: { expected_offset: 16 },
  });
  expect(await older).toMatchObject({ code: "conflict" });
  expect(await append(upload, id, 16, pieces("then the newer"))).toBe(30);
  expect(source(upload, id)).toBe("from the older, then the newer");
});

test("of many concurrent senders one wins, and the source has the bytes of that one", async () => {
  await using upload = setup();
  const id = await begin(upload);
  const contents = Array.from({ length: 12 }, (_, n) => String.fromCharCode(97 + n).repeat(50_000 + n));
  const outcomes = await Promise.allSettled(contents.map((content) => append(upload, id, 0, pieces(content))));
  expect(outcomes.at(-1)).toEqual({ status: "fulfilled", value: 50_011 });
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(source(upload, id).slice(0, 50_011)).toBe(contents.at(-1) as string);
  expect(await filledTo(upload, id)).toBe(50_011);
});

test("the row advances while a long stream is received", async () => {
  await using upload = setup();
  const id = await begin(upload);
  const line = openBody();
  const appended = append(upload, id, 0, line.body);
  await line.send("a");
  await until("it is written", () => source(upload, id) === "a");
  expect(await filledTo(upload, id)).toBe(0);
  upload.world.clock.advance(2);
  await line.send("b");
  await until("the row has moved", async () => (await filledTo(upload, id)) === 2);
  await line.send("c");
  await line.end();
  expect(await appended).toBe(3);
});

test("a body that is longer than declared or allowed is too large, and the piece that exceeds it is not written", async () => {
  await using upload = setup(() => ({ limits: { ...limits, maxFileBytes: 10 } }));
  const declared = await begin(upload, 5);
  const endless = await begin(upload);
  const tooLarge = { code: "too_large" };
  expect(await append(upload, declared, 0, pieces("123", "456")).catch((error) => error)).toMatchObject(tooLarge);
  expect(await append(upload, endless, 0, pieces("1234567", "89ab")).catch((error) => error)).toMatchObject(tooLarge);
  expect([source(upload, declared), source(upload, endless)]).toEqual(["123", "1234567"]);
  expect([await filledTo(upload, declared), await filledTo(upload, endless)]).toEqual([3, 7]);
});

test("a delete cancels it, and the folder is not created again", async () => {
  await using upload = setup();
  const id = await begin(upload);
  const line = openBody();
  const appended = append(upload, id, 0, line.body).catch((error) => error);
  await line.send("half");
  await until("it is written", () => source(upload, id) === "half");
  expect((await upload.send(`DELETE /upload/${id}`)).status).toBe(200);
  expect(await appended).toMatchObject({ code: "not_found" });
  expect(await append(upload, id, 0, pieces("x")).catch((error) => error)).toMatchObject({ code: "not_found" });
  expect(upload.deps.sources.uploadIds()).toEqual([]);
});

test("the caller's signal cancels it with its own reason, and what was received counts", async () => {
  await using upload = setup();
  const id = await begin(upload);
  const stop = new AbortController();
  const line = openBody();
  const appended = append(upload, id, 0, line.body, { signal: stop.signal }).catch((error) => error);
  await line.send("half");
  await until("it is written", () => source(upload, id) === "half");
  const reason = new Error("enough");
  stop.abort(reason);
  expect(await appended).toBe(reason);
  expect(await filledTo(upload, id)).toBe(4);
});

test("a sender that is too slow is disconnected, and what it sent counts", async () => {
  await using upload = setup(() => ({ limits: { ...limits, stallSeconds: 0.05 } }));
  const id = await begin(upload);
  const line = openBody();
  const appended = append(upload, id, 0, line.body).catch((error) => error);
  await line.send("half");
  expect(await appended).toMatchObject({ code: "too_slow" });
  expect(await filledTo(upload, id)).toBe(4);
});

test("bytes beyond the row after a crash are overwritten", async () => {
  await using upload = setup();
  const id = await begin(upload, 15);
  await append(upload, id, 0, pieces("whole, not told"));
  upload.deps.database.update(uploads).set({ appendedBytes: 5 }).where(eq(uploads.id, id)).run();
  expect(await append(upload, id, 5, pieces(" and audio"))).toBe(15);
  expect((await upload.complete(id)).status).toBe(200);
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("whole and audio");
});

test("a source that is shorter than its row says continues from its end", async () => {
  await using upload = setup();
  const id = await begin(upload, 8);
  await append(upload, id, 0, pieces("12345678"));
  truncateSync(upload.world.path("uploads", id, "source"), 3);
  expect((await upload.complete(id)).body.detail).toContain("3 bytes");
  expect(await filledTo(upload, id)).toBe(3);
  truncateSync(upload.world.path("uploads", id, "source"), 2);
  const conflict = { code: "conflict", details: { expected_offset: 2 } };
  expect(await append(upload, id, 3, pieces("x")).catch((error) => error)).toMatchObject(conflict);
  expect(await append(upload, id, 2, pieces("345678"))).toBe(8);
  expect(source(upload, id)).toBe("12345678");
});

test("neither an upload in chunks nor a complete one accepts bytes", async () => {
  await using upload = setup();
  const chunked = await upload.init(1);
  const done = await begin(upload, 3);
  await append(upload, done, 0, pieces("all"));
  await upload.complete(done);
  for (const [id, offset] of [
    [chunked, 0],
    [done, 3],
  ] as const) {
    expect(await append(upload, id, offset, pieces("x")).catch((error) => error)).toMatchObject({ code: "conflict" });
  }
});
