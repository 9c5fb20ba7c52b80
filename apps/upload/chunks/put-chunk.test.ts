import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { until } from "@video-backend/testing";
import { chunkInFlight, setup } from "../test-setup.ts";

type Upload = ReturnType<typeof setup>;

const put = ({ send }: Pick<Upload, "send">, id: string, index: number | string, body: string, headers = {}) =>
  send(`PUT /upload/${id}/chunks/${index}`, { body, headers });

const original = ({ world }: Upload, id: string) => readFileSync(world.path("originals", id, "film.mp4"), "utf8");

const digestOf = (text: string, algorithm = "sha256") => createHash(algorithm).update(text).digest();

describe("a raw chunk", () => {
  test("goes straight to its place, in any order, and the file is the one that was sent", async () => {
    await using upload = setup();
    const id = await upload.init(3, { chunk_size: 4, file_size: 10 });
    expect(await put(upload, id, 2, "ij")).toMatchObject({ status: 200, body: { status: "ok", index: 2 } });
    await put(upload, id, 0, "abcd");
    await put(upload, id, 1, "efgh");
    await upload.complete(id);
    expect(original(upload, id)).toBe("abcdefghij");
  });

  test("has a name of its own: what is none is 400, an unknown upload 404, another index 422", async () => {
    await using upload = setup();
    const id = await upload.init(2);
    for (const index of ["-1", "x", "1.5", "1e3", "0000001", "%2e%2e%2f"]) {
      expect(await put(upload, id, index, "x")).toMatchObject({ status: 400, body: { detail: "Invalid path" } });
    }
    expect(await put(upload, "nobody", 0, "x")).toMatchObject({ status: 404, body: { detail: "Upload ID not found" } });
    expect((await put(upload, id, 2, "x")).status).toBe(422);
  });

  test("of another size than was declared is 422 with the size that is expected, and is not taken", async () => {
    await using upload = setup();
    const id = await upload.init(3, { chunk_size: 4, file_size: 10 });
    for (const [index, body] of [
      [0, "abc"],
      [0, "abcde"],
      [2, "i"],
      [2, "ijk"],
    ] as const) {
      const reply = await put(upload, id, index, body);
      const expected = index === 0 ? 4 : 2;
      expect(reply).toMatchObject({ status: 422, body: { expected_bytes: { at_least: expected, at_most: expected } } });
    }
    expect((await upload.send(`GET /upload/${id}`)).body.received).toEqual([]);
  });

  test("of sizes that contradict each other nothing is begun", async () => {
    await using upload = setup();
    const json = { filename: "film.mp4", total_chunks: 4, file_size: 10, chunk_size: 5 };
    expect(await upload.send("POST /upload/init", { json })).toMatchObject({
      status: 422,
      body: { problems: [{ field: "chunk_size" }] },
    });
  });
});

describe("a chunk that nothing places", () => {
  test("is 409 with a sentence that says how to declare it, and is taken once something tells", async () => {
    await using upload = setup();
    const id = await upload.init(3);
    const refused = await put(upload, id, 2, "e");
    expect(refused).toMatchObject({ status: 409, body: { reason: "it is the last one and no other is here" } });
    expect(refused.body.detail).toContain("Declare chunk_size");
    await put(upload, id, 1, "cd");
    expect((await put(upload, id, 2, "e")).status).toBe(200);
    await put(upload, id, 0, "ab");
    await upload.complete(id);
    expect(original(upload, id)).toBe("abcde");
  });

  test("waits for one that is coming in and will tell", async () => {
    await using upload = setup();
    const id = await upload.init(2);
    const first = chunkInFlight(id, 0);
    const firstReply = upload.service.fetch(first.request);
    await first.begin();
    await first.send("a");
    const last = put(upload, id, 1, "c");
    await first.send("b");
    await first.finish();
    expect([(await firstReply).status, (await last).status]).toEqual([200, 200]);
    await upload.complete(id);
    expect(original(upload, id)).toBe("abc");
  });

  test("chunks that differ in size are taken one after another, and not otherwise", async () => {
    await using upload = setup();
    const id = await upload.init(4);
    await put(upload, id, 0, "abc");
    await put(upload, id, 1, "d");
    expect(await put(upload, id, 3, "h")).toMatchObject({
      status: 409,
      body: { reason: "the chunks before it differ in size" },
    });
    await put(upload, id, 2, "efg");
    expect((await put(upload, id, 3, "h")).status).toBe(200);
    await upload.complete(id);
    expect(original(upload, id)).toBe("abcdefgh");
  });
});

describe("a digest", () => {
  const header = (text: string, algorithm: "sha256" | "sha512" = "sha256") => ({
    "content-digest": `${algorithm === "sha256" ? "sha-256" : "sha-512"}=:${digestOf(text, algorithm).toString("base64")}:`,
  });

  test("in a header that fits is taken, one that does not is 422 and the chunk is not", async () => {
    await using upload = setup();
    const id = await upload.init(2, { chunk_size: 2 });
    expect(await put(upload, id, 0, "ab", header("xx"))).toMatchObject({
      status: 422,
      body: { expected: digestOf("xx").toString("hex"), got: digestOf("ab").toString("hex") },
    });
    expect((await put(upload, id, 0, "ab", header("xx", "sha512"))).status).toBe(422);
    expect((await upload.send(`GET /upload/${id}`)).body.received).toEqual([]);
    expect((await put(upload, id, 0, "ab", header("ab"))).status).toBe(200);
    expect((await put(upload, id, 1, "c", header("c", "sha512"))).status).toBe(200);
  });

  test.each(["md5=:abc=:", "sha-256=abc", "sha-256=:YQ==:", "", "sha-256"])(
    "that cannot be checked is refused and never ignored: %j",
    async (value) => {
      await using upload = setup();
      const id = await upload.init(1);
      expect((await put(upload, id, 0, "ab", { "content-digest": value })).status).toBe(422);
    },
  );

  test("in a form's field counts before the file and after it", async () => {
    await using upload = setup();
    const id = await upload.init(1);
    const fields = (sha256: string): [string, string][] => [
      ["upload_id", id],
      ["index", "0"],
      ["sha256", sha256],
    ];
    const file: [string, File] = ["file", new File(["ab"], "blob")];
    const [right, wrong] = [digestOf("ab").toString("hex").toUpperCase(), digestOf("x").toString("hex")];
    for (const [sha256, status] of [
      [wrong, 422],
      [right, 200],
    ] as const) {
      for (const form of [
        [...fields(sha256), file],
        [file, ...fields(sha256)],
      ]) {
        expect((await upload.send("POST /upload/chunk", { form })).status).toBe(status);
      }
    }
    expect((await upload.send("POST /upload/chunk", { form: [...fields("abc"), file] })).status).toBe(422);
  });

  test("that fails leaves the whole chunk that was there", async () => {
    await using upload = setup();
    const id = await upload.init(1);
    await put(upload, id, 0, "whole");
    expect((await put(upload, id, 0, "wrong", header("whole"))).status).toBe(422);
    await upload.complete(id);
    expect(original(upload, id)).toBe("whole");
  });
});

test("a sender that hangs is overtaken by a newer one, which is answered at once and wins", async () => {
  await using upload = setup();
  const id = await upload.init(2, { chunk_size: 5 });
  const hanging = chunkInFlight(id, 0);
  const hangingReply = upload.service.fetch(hanging.request);
  await hanging.begin();
  await hanging.send("ol");
  const source = upload.world.path("uploads", id, "source");
  await until("the first bytes are in place", () => readFileSync(source, "utf8") === "ol");
  expect((await put(upload, id, 0, "newer")).status).toBe(200);
  await hanging.send("der");
  await hanging.finish();
  expect((await hangingReply).status).toBe(200);
  await put(upload, id, 1, "!");
  await upload.complete(id);
  expect(original(upload, id)).toBe("newer!");
});
