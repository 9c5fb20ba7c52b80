import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { until } from "@video-backend/testing";
import { chunkInFlight, setup } from "../test-setup.ts";

/** What lies beside the sources. */
function left({ world }: Pick<ReturnType<typeof setup>, "world">): string[] {
  const incoming = world.path("uploads", ".incoming");
  return existsSync(incoming) ? readdirSync(incoming) : [];
}

test("a chunk is at its offset when it is acknowledged", async () => {
  await using upload = setup();
  const id = await upload.init(2, { chunk_size: 6 });
  expect(await upload.chunk(id, 1, "second")).toMatchObject({ status: 200, body: { status: "ok", index: 1 } });
  expect(readFileSync(upload.world.path("uploads", id, "source"), "utf8")).toBe("\0\0\0\0\0\0second");
  expect(left(upload)).toEqual([]);
});

test("the fields may come after the file", async () => {
  await using upload = setup();
  const id = await upload.init(2);
  const file = new File(["first"], "blob");
  const form: [string, string | File][] = [
    ["file", file],
    ["index", "0"],
    ["upload_id", id],
  ];
  expect(await upload.send("POST /upload/chunk", { form })).toMatchObject({ status: 200, body: { index: 0 } });
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({ received: [0], bytes_received: 5 });
});

test("a chunk may be sent again; the last whole one counts", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  await upload.chunk(id, 0, "the first try");
  await upload.chunk(id, 0, "the second");
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({ received: [0], bytes_received: 10 });
  await upload.complete(id);
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("the second");
});

test("of concurrent senders of the same chunk one wins, whole, and the row is that one's", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  const contents = Array.from({ length: 12 }, (_, n) => String.fromCharCode(97 + n).repeat(100_000 + n));
  const replies = await Promise.all(contents.map((content) => upload.chunk(id, 0, content)));
  expect(replies.every((reply) => reply.status === 200)).toBeTrue();
  const { bytes_received } = (await upload.send(`GET /upload/${id}`)).body;
  await upload.complete(id);
  const kept = readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8");
  expect(contents).toContain(kept);
  expect(bytes_received).toBe(kept.length);
});

test("an unknown upload is 404, whether the id comes before the file or after it", async () => {
  await using upload = setup();
  const expected = { status: 404, body: { detail: "Upload ID not found" } };
  expect(await upload.chunk("nobody", 0, "x")).toMatchObject(expected);
  const form: [string, string | File][] = [
    ["file", new File(["x"], "blob")],
    ["upload_id", "nobody"],
    ["index", "0"],
  ];
  expect(await upload.send("POST /upload/chunk", { form })).toMatchObject(expected);
  expect(left(upload)).toEqual([]);
});

test("an index that the upload does not have is refused with those it has", async () => {
  await using upload = setup();
  const id = await upload.init(4);
  for (const index of [4, 99_999]) {
    const reply = await upload.chunk(id, index, "x");
    expect(reply.status).toBe(422);
    expect(reply.body.detail).toBe(`index: an integer from 0 to 3 is expected, since total_chunks is 4; got ${index}`);
  }
  for (const index of ["-1", "1.5", "one", "", "../1", "100000"]) {
    const reply = await upload.chunk(id, index, "x");
    expect(reply).toMatchObject({ status: 422, body: { problems: [{ field: "index" }] } });
  }
  expect((await upload.send(`GET /upload/${id}`)).body.received).toEqual([]);
});

test("an invalid id never becomes a path", async () => {
  await using upload = setup();
  for (const id of ["../evil", "..", "a/b", "a\0", "x".repeat(65), ""]) {
    const reply = await upload.chunk(id, 0, "x");
    expect(reply).toMatchObject({ status: 422, body: { problems: [{ field: "upload_id" }] } });
  }
  expect(left(upload)).toEqual([]);
});

test("a form without the file, with two, or with it under another name is refused", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  const place: [string, string][] = [
    ["upload_id", id],
    ["index", "0"],
  ];
  const file = new File(["x"], "blob");
  for (const rest of [
    [],
    [["file", "a field"]],
    [["movie", file]],
    [
      ["file", file],
      ["file", file],
    ],
  ] as [string, string | File][][]) {
    const reply = await upload.send("POST /upload/chunk", { form: [...place, ...rest] });
    expect(reply.status).toBe(422);
    expect(reply.body.detail).toContain("expected");
  }
  expect((await upload.send(`GET /upload/${id}`)).body.received).toEqual([]);
});

test("a body that is not a multipart form is refused", async () => {
  await using upload = setup();
  const post = (body: string, type: string) =>
    upload.send("POST /upload/chunk", { body, headers: { "content-type": type } });
  expect(await post("{}", "application/json")).toMatchObject({ status: 400 });
  expect(await post("x", "multipart/form-data")).toMatchObject({ status: 400 });
  expect(await post("nothing of the kind", "multipart/form-data; boundary=edge")).toMatchObject({ status: 400 });
  expect(await upload.send("POST /upload/chunk")).toMatchObject({ status: 400 });
});

test("a body that is cut off anywhere never counts and leaves no file", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  const form = new FormData();
  form.set("upload_id", id);
  form.set("index", "0");
  form.set("file", new File(["0123456789"], "blob"));
  const whole = new Request("http://upload.test/upload/chunk", { method: "POST", body: form });
  const headers = { "content-type": whole.headers.get("content-type") ?? "" };
  const bytes = new Uint8Array(await whole.arrayBuffer());
  const end = new TextDecoder().decode(bytes).lastIndexOf("--");
  for (let length = 0; length < end + 2; length += 3) {
    const reply = await upload.send("POST /upload/chunk", { body: bytes.slice(0, length), headers });
    expect({ length, status: reply.status }).toEqual({ length, status: 400 });
  }
  expect((await upload.send(`GET /upload/${id}`)).body.received).toEqual([]);
  expect(left(upload)).toEqual([]);
  expect((await upload.send("POST /upload/chunk", { body: bytes, headers })).status).toBe(200);
});

test("a chunk that is cut off does not change the acknowledged one", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  await upload.chunk(id, 0, "whole");
  const again = chunkInFlight(id, 0);
  const reply = upload.service.fetch(again.request);
  await again.begin();
  await again.send("hal");
  await again.cut();
  expect((await reply).status).toBe(400);
  expect(readFileSync(upload.world.path("uploads", id, "source"), "utf8")).toBe("whole");
});

test("spools that were being received at a kill are removed at start", async () => {
  await using upload = setup();
  const id = await upload.init(1);
  await upload.chunk(id, 0, "whole");
  const chunk = chunkInFlight(id, 0);
  const reply = upload.service.fetch(chunk.request);
  await chunk.begin();
  await chunk.send("half a chunk");
  const incoming = upload.world.path("uploads", ".incoming");
  await until("the chunk comes in", () => existsSync(incoming) && readdirSync(incoming).length === 1);
  upload.restart();
  expect(left(upload)).toEqual([]);
  await chunk.cut();
  expect((await reply).status).toBe(400);
});

test("a full disk is 507, and nothing that was acknowledged is lost", async () => {
  await using upload = setup();
  const id = await upload.init(2, { chunk_size: 5 });
  await upload.chunk(id, 0, "first");
  const source = upload.world.path("uploads", id, "source");
  const kept = readFileSync(source);
  rmSync(source);
  symlinkSync("/dev/full", source);
  expect(await upload.chunk(id, 1, "x")).toMatchObject({ status: 507 });
  rmSync(source);
  writeFileSync(source, kept);
  expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({ received: [0], missing: [1] });
  expect((await upload.chunk(id, 1, "x")).status).toBe(200);
  await upload.complete(id);
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("firstx");
});
