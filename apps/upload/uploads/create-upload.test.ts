import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { setup } from "../test-setup.ts";

const fields = { filename: "holiday.mp4", total_chunks: "3", file_size: "10", chunk_size: "4", title: "Holiday" };

describe("init", () => {
  const long = JSON.stringify({ filename: "holiday.mp4", total_chunks: 1, title: "x".repeat(70_000) });
  test.each([
    ["whose length is announced", long, { "content-length": String(long.length) }],
    ["that comes in pieces", new Blob([long]).stream(), {}],
  ])("refuses a form %s and is longer than any", async (_, body, headers: Record<string, string>) => {
    await using upload = setup();
    const parts = { body, headers: { "content-type": "application/json", ...headers } };
    const reply = await upload.send("POST /upload/init", parts);
    expect(reply).toMatchObject({ status: 413, body: { detail: expect.stringContaining("65536 bytes") } });
  });

  test.each([
    ["a multipart form", { form: fields }],
    ["an urlencoded form", { body: new URLSearchParams(fields) }],
    ["JSON", { json: { filename: "holiday.mp4", total_chunks: 3, file_size: 10, chunk_size: 4, title: "Holiday" } }],
  ])("takes %s", async (_, parts) => {
    await using upload = setup();
    const { status, body } = await upload.send("POST /upload/init", parts);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["upload_id"]);
    expect((await upload.send(`GET /upload/${body.upload_id}`)).body).toMatchObject({
      upload_id: body.upload_id,
      filename: "holiday.mp4",
      total_chunks: 3,
      file_size: 10,
      chunk_size: 4,
      title: "Holiday",
      received: [],
      missing: [0, 1, 2],
      bytes_received: 0,
      state: "receiving",
    });
  });

  test("an empty field of a form counts as absent", async () => {
    await using upload = setup();
    const { body } = await upload.send("POST /upload/init", { form: { ...fields, file_size: "", title: "" } });
    expect((await upload.send(`GET /upload/${body.upload_id}`)).body).toMatchObject({ file_size: null, title: null });
  });

  test("an unsupported file type is refused with the list of supported ones", async () => {
    await using upload = setup();
    for (const filename of ["virus.exe", "mp4", "film.mp4.txt", "film."]) {
      const reply = await upload.send("POST /upload/init", { json: { filename, total_chunks: 1 } });
      expect(reply).toMatchObject({ status: 400, body: { detail: "Unsupported file type" } });
      expect(reply.body.accepted).toContain("mp4");
    }
  });

  test("a name with a path in it is refused, and no file is created", async () => {
    await using upload = setup();
    const before = readdirSync(upload.world.directory, { recursive: true }).sort();
    const names = [
      "../film.mp4",
      "a/b.mp4",
      "a\\b.mp4",
      "/etc/film.mp4",
      "a\0.mp4",
      "a\n.mp4",
      "a\u0085.mp4",
      ".",
      "..",
      ".mp4",
      "...mp4",
      "\ud800.mp4",
      "",
      `${"é".repeat(252)}.mp4`,
    ];
    for (const filename of names) {
      const { status, body } = await upload.send("POST /upload/init", { json: { filename, total_chunks: 1 } });
      expect({ filename, status, type: body.type }).toEqual({
        filename,
        status: 400,
        type: "urn:video-backend:problem:invalid_path",
      });
      expect(body.detail).toContain("is accepted");
    }
    expect(readdirSync(upload.world.directory, { recursive: true }).sort()).toEqual(before);
  });

  test("a name that is too long for the disk is kept as the title and shortened in the path", async () => {
    await using upload = setup();
    const names = [`${"日".repeat(251)}.mp4`, `${"日".repeat(250)}本.mp4`];
    const stored = new Set<string>();
    for (const filename of names) {
      const id = await upload.init(1, { filename });
      await upload.chunk(id, 0, "x");
      await upload.complete(id);
      expect((await upload.send(`GET /upload/${id}`)).body.filename).toBe(filename);
      const [name = ""] = readdirSync(upload.world.path("originals", id));
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
      expect(name).toMatch(/^日{50,}-[0-9a-f]{8}\.mp4$/);
      stored.add(name);
      const video = (await upload.askMetadata(`GET /videos/${id}`)).body;
      expect(video).toMatchObject({ filename: name, title: filename });
    }
    expect(stored.size).toBe(2);
  });

  test("any plain name is accepted, in any script", async () => {
    await using upload = setup();
    const names = [
      "Ferien in Zürich.MP4",
      "日本語の動画.mkv",
      "a b?*:'\"<>|.webm",
      ".hidden.mov",
      "📼.ts",
      `${"é".repeat(98)}.mp4`,
    ];
    for (const filename of names) {
      const id = await upload.init(1, { filename });
      await upload.chunk(id, 0, "x");
      expect(await upload.complete(id)).toMatchObject({ status: 200, body: { hash: id } });
      expect(existsSync(upload.world.path("originals", id, filename))).toBeTrue();
    }
  });

  test.each([
    ["total_chunks", "0"],
    ["total_chunks", "100001"],
    ["total_chunks", "-1"],
    ["total_chunks", "1.5"],
    ["total_chunks", "0x10"],
    ["total_chunks", ""],
    ["file_size", "many"],
    ["file_size", "-1"],
    ["chunk_size", "1e3"],
    ["filename", ""],
    ["title", "x".repeat(501)],
  ])("a form that does not fit is refused by the field: %s=%s", async (field, value) => {
    await using upload = setup();
    const reply = await upload.send("POST /upload/init", { form: { ...fields, [field]: value } });
    expect(reply.status).toBe(422);
    expect(reply.body.problems.map((problem: { field: string }) => problem.field)).toEqual([field]);
  });

  test("a body that is not a form, or too large for one, is refused", async () => {
    await using upload = setup();
    const json = { "content-type": "application/json" };
    const large = JSON.stringify({ filename: "a.mp4", total_chunks: 1, title: "x".repeat(70_000) });
    expect((await upload.send("POST /upload/init", { body: "{", headers: json })).status).toBe(400);
    expect((await upload.send("POST /upload/init", { body: "filename=a.mp4" })).body.detail).toBe(
      "A form or JSON is expected; got no content-type",
    );
    expect((await upload.send("POST /upload/init", { body: large, headers: json })).status).toBe(413);
    const unannounced = new Blob([large]).stream();
    expect((await upload.send("POST /upload/init", { body: unannounced, headers: json })).status).toBe(413);
    const broken = { "content-type": "multipart/form-data; boundary=x" };
    expect((await upload.send("POST /upload/init", { body: "no form", headers: broken })).status).toBe(400);
  });
});

describe("the state of an upload", () => {
  test("lists received and missing chunks", async () => {
    await using upload = setup();
    const id = await upload.init(4);
    await upload.chunk(id, 2, "cc");
    await upload.chunk(id, 0, "aa");
    const told = { received: [0, 2], missing: [1, 3], bytes_received: 4, chunk_size: null };
    expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({
      ...told,
      expires_at: upload.world.clock.now() + upload.deps.limits.idleSeconds,
    });
  });

  test("of an unknown one is 404, of an invalid id 400", async () => {
    await using upload = setup();
    expect(await upload.send("GET /upload/nobody")).toMatchObject({
      status: 404,
      body: { detail: "Upload ID not found" },
    });
    for (const id of ["..%2f..%2fetc", "a.b", "%00", "x".repeat(65)]) {
      expect(await upload.send(`GET /upload/${id}`)).toMatchObject({ status: 400, body: { detail: "Invalid path" } });
    }
  });
});
