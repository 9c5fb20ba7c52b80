import { expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { openChunkDirectory } from "../chunks/chunk-directory.ts";
import { setup } from "../test-setup.ts";

test("chunks in any order, several at a time and some twice, become the file that was sent", async () => {
  await using upload = setup();
  const contents = Array.from({ length: 20 }, (_, n) => `${n}:`.repeat(5000 + n));
  const whole = contents.join("");
  const id = await upload.init(20, { file_size: whole.length, title: "A film" });
  const order = [...contents.keys()].sort((a, b) => ((a * 7) % 20) - ((b * 7) % 20));
  await Promise.all([...order, 3, 17, 3].map((index) => upload.chunk(id, index, contents[index] ?? "")));
  expect(await upload.complete(id)).toMatchObject({ status: 200, body: { hash: id } });
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe(whole);
  expect(readdirSync(upload.world.path("originals", id))).toEqual(["film.mp4"]);
  expect(readdirSync(upload.world.path("uploads"))).toEqual([".incoming"]);
  expect((await upload.askMetadata(`GET /videos/${id}`)).body).toMatchObject({ filename: "film.mp4", title: "A film" });
  expect(upload.starts).toEqual([{ upload_id: id, filename: "film.mp4" }]);
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({
    state: "handed_over",
    received: [...contents.keys()],
    missing: [],
    bytes_received: whole.length,
  });
});

test.each(["form", "urlencoded"])("takes a %s too", async (kind) => {
  await using upload = setup();
  const id = await upload.init(1);
  await upload.chunk(id, 0, "x");
  const fields = { upload_id: id };
  const parts = kind === "form" ? { form: fields } : { body: new URLSearchParams(fields) };
  expect(await upload.send("POST /upload/complete", parts)).toMatchObject({ status: 200, body: { hash: id } });
});

test("a file of one chunk, even an empty one, is moved and not copied", async () => {
  await using upload = setup();
  for (const content of ["all of it", ""]) {
    const id = await upload.init(1);
    await upload.chunk(id, 0, content);
    const { ino } = await Bun.file(upload.world.path("uploads", id, "0")).stat();
    expect((await upload.complete(id)).status).toBe(200);
    const source = Bun.file(upload.world.path("originals", id, "film.mp4"));
    expect(await source.text()).toBe(content);
    expect((await source.stat()).ino).toBe(ino);
  }
});

test("again, and at the same time, it has the same answer and transcoding is asked once", async () => {
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

test("a chunk that comes after it is a conflict that names the state", async () => {
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

test("an unknown upload is 404, an id that is none 422", async () => {
  await using upload = setup();
  expect(await upload.complete("nobody")).toMatchObject({
    status: 404,
    body: { detail: "Upload ID not found or missing metadata" },
  });
  for (const id of ["../..", "a/b", ""]) expect((await upload.complete(id)).status).toBe(422);
  expect(await upload.send("POST /upload/complete")).toMatchObject({ status: 422 });
});

test("chunks that are missing are counted once each, and listed", async () => {
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

test("chunks that do not add up to the declared size are refused with both figures, and may be sent again", async () => {
  await using upload = setup();
  const id = await upload.init(2, { file_size: 6 });
  await upload.chunk(id, 0, "abc");
  await upload.chunk(id, 1, "de");
  expect(await upload.complete(id)).toMatchObject({
    status: 422,
    body: { expected_bytes: 6, received_bytes: 5 },
  });
  await upload.chunk(id, 1, "def");
  expect((await upload.complete(id)).status).toBe(200);
});

test("a chunk that went from the disk is asked for again", async () => {
  await using upload = setup();
  const id = await upload.init(3);
  for (const index of [0, 1, 2]) await upload.chunk(id, index, String(index));
  rmSync(upload.world.path("uploads", id, "1"));
  expect(await upload.complete(id)).toMatchObject({
    status: 400,
    body: { detail: "Missing chunks: expected 3, got 2", missing: [1] },
  });
  await upload.chunk(id, 1, "1");
  expect((await upload.complete(id)).status).toBe(200);
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("012");
});

test("a disk that is full while the chunks are put together leaves an upload that can be completed later", async () => {
  await using upload = setup((directory) => {
    const chunks = openChunkDirectory(join(directory, "uploads"));
    let full = true;
    const assemblyPath = (uploadId: string) => {
      const path = chunks.assemblyPath(uploadId);
      if (full) symlinkSync("/dev/full", path);
      else rmSync(path);
      full = false;
      return path;
    };
    return { chunks: { ...chunks, assemblyPath } };
  });
  const id = await upload.init(2);
  await upload.chunk(id, 0, "a");
  await upload.chunk(id, 1, "b");
  expect(await upload.complete(id)).toMatchObject({ status: 507 });
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({ state: "receiving", received: [0, 1] });
  expect((await upload.complete(id)).status).toBe(200);
});
