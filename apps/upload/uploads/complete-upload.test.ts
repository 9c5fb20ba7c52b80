import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { until } from "@video-backend/testing";
import { sweep, tellNextHash } from "../handover/sweep.ts";
import { chunkInFlight, setup } from "../test-setup.ts";

test("chunks in any order, concurrent and some sent twice, become the file that was sent", async () => {
  await using upload = setup();
  const whole = Array.from({ length: 5000 }, (_, n) => `${n}:`).join("");
  const chunkBytes = Math.ceil(whole.length / 20);
  const contents = Array.from({ length: 20 }, (_, n) => whole.slice(n * chunkBytes, (n + 1) * chunkBytes));
  const id = await upload.init(20, { file_size: whole.length, title: "A film" });
  const order = [...contents.keys()].sort((a, b) => ((a * 7) % 20) - ((b * 7) % 20));
  await Promise.all([...order, 3, 17, 3].map((index) => upload.chunk(id, index, contents[index] ?? "")));
  expect(await upload.complete(id)).toMatchObject({ status: 200, body: { hash: id } });
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe(whole);
  expect(readdirSync(upload.world.path("originals", id))).toEqual(["film.mp4"]);
  expect(existsSync(upload.world.path("uploads", id))).toBeFalse();
  expect((await upload.askMetadata(`GET /videos/${id}`)).body).toMatchObject({ filename: "film.mp4", title: "A film" });
  expect(upload.starts).toEqual([{ upload_id: id, filename: "film.mp4" }]);
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({
    state: "handed_over",
    received: [...contents.keys()],
    missing: [],
    bytes_received: whole.length,
  });
});

test.each(["form", "urlencoded"])("accepts a %s, too", async (kind) => {
  await using upload = setup();
  const id = await upload.init(1);
  await upload.chunk(id, 0, "x");
  const fields = { upload_id: id };
  const parts = kind === "form" ? { form: fields } : { body: new URLSearchParams(fields) };
  expect(await upload.send("POST /upload/complete", parts)).toMatchObject({ status: 200, body: { hash: id } });
});

test("no byte is copied: the file that the chunks were written to is the original, even an empty one", async () => {
  await using upload = setup();
  for (const content of ["all of it", ""]) {
    const id = await upload.init(2, { chunk_size: 9 });
    await upload.chunk(id, 0, content.slice(0, 9).padEnd(9, "-"));
    await upload.chunk(id, 1, "");
    const { ino } = await Bun.file(upload.world.path("uploads", id, "source")).stat();
    expect((await upload.complete(id)).status).toBe(200);
    const source = Bun.file(upload.world.path("originals", id, "film.mp4"));
    expect(await source.text()).toBe(content.padEnd(9, "-"));
    expect((await source.stat()).ino).toBe(ino);
  }
});

test("repeated and concurrent calls have the same answer, and transcoding is started once", async () => {
  await using upload = setup();
  const id = await upload.init(2);
  await upload.chunk(id, 0, "a");
  await upload.chunk(id, 1, "b");
  const replies = await Promise.all(Array.from({ length: 5 }, () => upload.complete(id)));
  replies.push(await upload.complete(id));
  for (const reply of replies) expect(reply).toMatchObject({ status: 200, body: { hash: id } });
  expect(upload.starts).toHaveLength(1);
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("ab");
});

test("a chunk after complete is a conflict that names the state", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  await upload.chunk(id, 0, "x");
  await upload.complete(id);
  expect(await upload.chunk(id, 0, "y")).toMatchObject({
    status: 409,
    body: { detail: "An upload that is handed_over takes no more chunks", state: "handed_over" },
  });
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("x");
});

test("an unknown upload is 404, an invalid id 422", async () => {
  await using upload = setup();
  expect(await upload.complete("nobody")).toMatchObject({
    status: 404,
    body: { detail: "Upload ID not found or missing metadata" },
  });
  for (const id of ["../..", "a/b", ""]) expect((await upload.complete(id)).status).toBe(422);
  expect(await upload.send("POST /upload/complete")).toMatchObject({ status: 422 });
});

test("missing chunks are counted once each, and listed", async () => {
  await using upload = setup();
  const id = await upload.init(4);
  for (const index of [1, 3, 3, 1, 3]) await upload.chunk(id, index, "x");
  await upload.chunk(id, 4, "x");
  expect(await upload.complete(id)).toMatchObject({
    status: 400,
    body: { detail: "Missing chunks: expected 4, got 2", missing: [0, 2], missing_count: 2, expected: 4, got: 2 },
  });
  await upload.chunk(id, 0, "x");
  await upload.chunk(id, 2, "x");
  expect((await upload.complete(id)).status).toBe(200);
});

test("of very many missing chunks the first thousand are listed", async () => {
  await using upload = setup();
  const { body } = await upload.complete(await upload.init(100_000));
  expect(body.detail).toBe("Missing chunks: expected 100000, got 0");
  expect(body.missing).toEqual([...Array(1000).keys()]);
  expect(body.missing_count).toBe(100_000);
});

test("a last chunk that does not fill the declared size is refused with both figures, and may be sent again", async () => {
  await using upload = setup();
  const id = await upload.init(2, { file_size: 6 });
  await upload.chunk(id, 0, "abc");
  expect(await upload.chunk(id, 1, "de")).toMatchObject({
    status: 422,
    body: { expected_bytes: { at_least: 3, at_most: 3 }, received_bytes: 2 },
  });
  expect((await upload.chunk(id, 1, "defg")).status).toBe(422);
  await upload.chunk(id, 1, "def");
  expect((await upload.complete(id)).status).toBe(200);
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("abcdef");
});

test("a source that was lost from the disk, in whole or in part, is missing again", async () => {
  await using upload = setup();
  const id = await upload.init(3, { chunk_size: 1 });
  const source = upload.world.path("uploads", id, "source");
  for (const index of [0, 1, 2]) await upload.chunk(id, index, String(index));
  truncateSync(source, 1);
  expect(await upload.complete(id)).toMatchObject({
    status: 400,
    body: { detail: "Missing chunks: expected 3, got 1", missing: [1, 2] },
  });
  await upload.chunk(id, 1, "1");
  rmSync(source);
  await upload.chunk(id, 2, "2");
  expect((await upload.send(`GET /upload/${id}`)).body.missing).toEqual([0, 1]);
  for (const index of [0, 1]) await upload.chunk(id, index, String(index));
  expect((await upload.complete(id)).status).toBe(200);
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("012");
});

test("the hash of the file is checked if it is sent; after a mismatch chunks are accepted again", async () => {
  await using upload = setup();
  const id = await upload.init(2);
  // More than is read at once.
  const [a, b, x] = ["a", "b", "x"].map((letter) => letter.repeat(1_500_000)) as [string, string, string];
  await upload.chunk(id, 0, a);
  await upload.chunk(id, 1, x);
  const sha256 = createHash("sha256")
    .update(a + b)
    .digest("hex");
  const complete = () => upload.send("POST /upload/complete", { json: { upload_id: id, sha256 } });
  expect(await complete()).toMatchObject({
    status: 422,
    body: {
      expected: sha256,
      got: createHash("sha256")
        .update(a + x)
        .digest("hex"),
    },
  });
  expect(upload.starts).toEqual([]);
  await upload.chunk(id, 1, b);
  expect(await complete()).toMatchObject({ status: 200, body: { hash: id } });
  expect(await complete()).toMatchObject({ status: 200, body: { hash: id } });
  const other = { upload_id: id, sha256: "0".repeat(64) };
  expect((await upload.send("POST /upload/complete", { json: other })).status).toBe(422);
});

test("an identical file is reported, whether its hash was sent or read", async () => {
  await using upload = setup();
  const sha256 = createHash("sha256").update("same").digest("hex");
  const sent: string[] = [];
  for (const json of [{}, { sha256 }]) {
    const id = await upload.init(1);
    await upload.chunk(id, 0, "same");
    const { body } = await upload.send("POST /upload/complete", { json: { upload_id: id, ...json } });
    sent.push(id);
    expect(body).toEqual(sent.length === 1 ? { hash: id } : { hash: id, duplicate_of: sent[0] });
    while (await tellNextHash(upload.deps, new Set(), new AbortController().signal)) upload.world.clock.advance(1);
  }
  const [first, second] = sent;
  expect((await upload.send(`GET /upload/${first}`)).body).toMatchObject({ sha256, duplicate_of: null });
  expect((await upload.send(`GET /upload/${second}`)).body).toMatchObject({ sha256, duplicate_of: first });
  expect((await upload.askMetadata(`GET /videos/${second}`)).body).toMatchObject({ sha256, duplicate_of: first });
});

test("a hash that was sent is checked after a crash, too, since it is in the row", async () => {
  const atWork = Promise.withResolvers<void>();
  const crash = new Promise<never>(() => {});
  let isCrashing = true;
  await using upload = setup((_, { store }) => ({
    store: {
      ...store,
      exists: (key) => {
        if (!isCrashing) return store.exists(key);
        atWork.resolve();
        return crash;
      },
    },
  }));
  const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
  const ids = [await upload.init(1), await upload.init(1)];
  for (const id of ids) await upload.chunk(id, 0, "what came");
  for (const [n, text] of ["what was meant", "what came"].entries()) {
    const json = { upload_id: ids[n], sha256: hashOf(text).toUpperCase() };
    // Never answered: the service dies in between.
    void upload.send("POST /upload/complete", { json });
  }
  await atWork.promise;
  await until("both are under way", async () => {
    const states = await Promise.all(ids.map(async (id) => (await upload.send(`GET /upload/${id}`)).body.state));
    return states.every((state) => state === "completing");
  });
  isCrashing = false;
  const restarted = upload.restart();
  await sweep(restarted.deps, new AbortController().signal);
  const [wrong, right] = await Promise.all(ids.map(async (id) => (await restarted.send(`GET /upload/${id}`)).body));
  expect(wrong).toMatchObject({ state: "receiving", sha256: null });
  expect(wrong.error).toContain("are not those that were sent");
  expect(right).toMatchObject({ state: "handed_over", sha256: hashOf("what came") });
  expect(upload.starts.map(({ upload_id }) => upload_id)).toEqual([right.upload_id]);
  // Without a hash it is completed as it is: what was said belonged to that request.
  expect((await restarted.complete(wrong.upload_id)).status).toBe(200);
});

test("complete takes the source: a sender of a chunk that is acknowledged already is cancelled and answered", async () => {
  await using upload = setup();
  const id = await upload.init(2);
  await upload.chunk(id, 1, "b");
  const one = chunkInFlight(id, 0);
  const first = upload.service.fetch(one.request);
  await one.begin();
  await one.send("aaa");
  await until("it comes in", () => readFileSync(upload.world.path("uploads", id, "source"), "utf8") === "aaa");
  expect((await upload.chunk(id, 0, "A")).status).toBe(200);
  const late = chunkInFlight(id, 1);
  const second = upload.service.fetch(late.request);
  await late.begin();
  expect((await upload.complete(id)).status).toBe(200);
  for (const [flight, reply] of [
    [one, first],
    [late, second],
  ] as const) {
    await flight.send("more");
    await flight.finish();
    expect([200, 409]).toContain((await reply).status);
  }
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("Ab");
});

test.skipIf(!existsSync("/dev/shm"))("originals may be a link to another file system", async () => {
  await using upload = setup();
  const elsewhere = mkdtempSync("/dev/shm/originals-");
  upload.world.defer(() => rmSync(elsewhere, { recursive: true }));
  symlinkSync(elsewhere, upload.world.path("originals"));
  const id = await upload.init(3, { title: "A film" });
  for (const [index, text] of [
    [2, "the end"],
    [0, "the beginning, "],
    [1, "the middle, "],
  ] as const) {
    await upload.chunk(id, index, text);
  }
  expect(await upload.complete(id)).toMatchObject({ status: 200, body: { hash: id } });
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe(
    "the beginning, the middle, the end",
  );
  expect(readdirSync(upload.world.path("uploads"))).not.toContain(id);
  expect(upload.starts).toHaveLength(1);
});
