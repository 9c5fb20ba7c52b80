import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { until } from "@video-backend/testing";
import { chunkInFlight, setup } from "../test-setup.ts";

type Upload = ReturnType<typeof setup>;

const put = ({ send }: Pick<Upload, "send">, id: string, index: number | string, body: string, headers = {}) =>
  send(`PUT /upload/${id}/chunks/${index}`, { body, headers });

const original = ({ world }: Upload, id: string) => readFileSync(world.path("originals", id, "film.mp4"), "utf8");

const digestOf = (text: string, algorithm = "sha256") => createHash(algorithm).update(text).digest();

describe("a raw chunk", () => {
  test("is written to its offset, in any order, and the file is the one that was sent", async () => {
    await using upload = setup();
    const id = await upload.init(3, { chunk_size: 4, file_size: 10 });
    expect(await put(upload, id, 2, "ij")).toMatchObject({ status: 200, body: { status: "ok", index: 2 } });
    await put(upload, id, 0, "abcd");
    await put(upload, id, 1, "efgh");
    await upload.complete(id);
    expect(original(upload, id)).toBe("abcdefghij");
  });

  test("an invalid name is 400, an unknown upload 404, another index 422", async () => {
    await using upload = setup();
    const id = await upload.init(2);
    for (const index of ["-1", "x", "1.5", "1e3", "0000001", "%2e%2e%2f"]) {
      expect(await put(upload, id, index, "x")).toMatchObject({ status: 400, body: { detail: "Invalid path" } });
    }
    expect(await put(upload, "nobody", 0, "x")).toMatchObject({ status: 404, body: { detail: "Upload ID not found" } });
    expect((await put(upload, id, 2, "x")).status).toBe(422);
  });

  test("of another size than was declared is 422 with the expected size, and is not accepted", async () => {
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

  test("an init with contradicting sizes is refused", async () => {
    await using upload = setup();
    const json = { filename: "film.mp4", total_chunks: 4, file_size: 10, chunk_size: 5 };
    expect(await upload.send("POST /upload/init", { json })).toMatchObject({
      status: 422,
      body: { problems: [{ field: "chunk_size" }] },
    });
  });
});

describe("without a declared size", () => {
  const kept = ({ world }: Upload, id: string) =>
    readdirSync(world.path("uploads", id)).filter((name) => name.startsWith("chunk-"));
  const source = ({ world }: Upload, id: string) => readFileSync(world.path("uploads", id, "source"), "utf8");

  test("the last one may be first, and waits in a spool until the others are received", async () => {
    await using upload = setup();
    const id = await upload.init(3);
    expect(await put(upload, id, 2, "e")).toMatchObject({ status: 200, body: { status: "ok", index: 2 } });
    expect((await upload.send(`GET /upload/${id}`)).body).toMatchObject({ received: [2], bytes_received: 1 });
    expect([source(upload, id), kept(upload, id).length]).toEqual(["", 1]);
    await put(upload, id, 1, "cd");
    await put(upload, id, 0, "ab");
    await until("all are in the source", () => source(upload, id) === "abcde" && kept(upload, id).length === 0);
    expect((await upload.complete(id)).status).toBe(200);
    expect(original(upload, id)).toBe("abcde");
  });

  test("chunks of any size, in order, are written to the source as they come", async () => {
    await using upload = setup();
    const id = await upload.init(4);
    const { ino } = await Bun.file(upload.world.path("uploads", id, "source")).stat();
    for (const [index, text] of ["abc", "", "defgh", "i"].entries()) {
      await put(upload, id, index, text);
      expect(kept(upload, id)).toEqual([]);
    }
    await upload.complete(id);
    expect(original(upload, id)).toBe("abcdefghi");
    expect((await Bun.file(upload.world.path("originals", id, "film.mp4")).stat()).ino).toBe(ino);
  });

  test("a chunk in the source that is sent again, longer or shorter, does not change what follows", async () => {
    await using upload = setup();
    for (const again of ["B", "BBBBB", "", "bb"]) {
      const id = await upload.init(4);
      for (const [index, text] of ["aaa", "bb", "cccc"].entries()) await put(upload, id, index, text);
      expect((await put(upload, id, 1, again)).status).toBe(200);
      await put(upload, id, 3, "d");
      expect((await upload.send(`GET /upload/${id}`)).body.bytes_received).toBe(8 + again.length);
      expect((await upload.complete(id)).status).toBe(200);
      expect(original(upload, id)).toBe(`aaa${again}ccccd`);
      expect(existsSync(upload.world.path("uploads", id))).toBeFalse();
    }
  });

  test("one that is cut off while it is written to the source does not count, and others may be written to its place", async () => {
    await using upload = setup();
    const id = await upload.init(2);
    const first = chunkInFlight(id, 0);
    const reply = upload.service.fetch(first.request);
    await first.begin();
    await first.send("a long one that ");
    await until("it comes in", () => source(upload, id) !== "");
    await put(upload, id, 1, "end");
    await first.cut();
    expect((await reply).status).toBe(400);
    expect((await put(upload, id, 0, "the ")).status).toBe(200);
    expect((await upload.complete(id)).status).toBe(200);
    expect(original(upload, id)).toBe("the end");
  });

  test("a sender that hangs blocks no other: a newer one of the same chunk takes its place", async () => {
    await using upload = setup();
    const id = await upload.init(3);
    const hanging = chunkInFlight(id, 0);
    const hangingReply = upload.service.fetch(hanging.request);
    await hanging.begin();
    await hanging.send("old");
    await until("it comes in", () => source(upload, id) === "old");
    await put(upload, id, 2, "c");
    expect((await put(upload, id, 0, "newer")).status).toBe(200);
    expect((await put(upload, id, 1, "b")).status).toBe(200);
    expect((await upload.complete(id)).status).toBe(200);
    expect(original(upload, id)).toBe("newerbc");
    await hanging.send("er and longer than the newer one");
    await hanging.finish();
    // By then the upload takes no chunks; that one is here as the newer sent it, if it is asked before.
    expect([200, 409]).toContain((await hangingReply).status);
    expect(original(upload, id)).toBe("newerbc");
  });

  test("only what contradicts the declared size of the file is 422", async () => {
    await using upload = setup();
    const id = await upload.init(3, { file_size: 6 });
    expect((await put(upload, id, 2, "1234567")).status).toBe(422);
    expect((await put(upload, id, 2, "ef")).status).toBe(200);
    expect(await put(upload, id, 0, "abcde")).toMatchObject({
      status: 422,
      body: { expected_bytes: { at_least: 0, at_most: 4 } },
    });
    expect((await put(upload, id, 0, "a")).status).toBe(200);
    expect((await put(upload, id, 1, "bc")).status).toBe(200);
    expect(await upload.complete(id)).toMatchObject({ status: 422, body: { expected_bytes: 6, received_bytes: 5 } });
    expect((await put(upload, id, 0, "ab")).status).toBe(200);
    expect((await put(upload, id, 1, "cd")).status).toBe(200);
    expect((await upload.complete(id)).status).toBe(200);
    expect(original(upload, id)).toBe("abcdef");
  });

  test("a chunk whose spool is lost is missing again", async () => {
    await using upload = setup();
    const id = await upload.init(2);
    await put(upload, id, 1, "b");
    for (const name of kept(upload, id)) rmSync(upload.world.path("uploads", id, name));
    await put(upload, id, 0, "a");
    expect((await upload.complete(id)).status).toBe(400);
    await put(upload, id, 1, "b");
    expect((await upload.complete(id)).status).toBe(200);
    expect(original(upload, id)).toBe("ab");
  });
});

describe("a digest", () => {
  const header = (text: string, algorithm: "sha256" | "sha512" = "sha256") => ({
    "content-digest": `${algorithm === "sha256" ? "sha-256" : "sha-512"}=:${digestOf(text, algorithm).toString("base64")}:`,
  });

  test("in a header is checked: a chunk that differs is 422 and not accepted", async () => {
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

  test("in a form may be before the file or after it", async () => {
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

  test("that differs leaves the acknowledged chunk as it was", async () => {
    await using upload = setup();
    const id = await upload.init(1);
    await put(upload, id, 0, "whole");
    expect((await put(upload, id, 0, "wrong", header("whole"))).status).toBe(422);
    await upload.complete(id);
    expect(original(upload, id)).toBe("whole");
  });
});

test("a sender that hangs is superseded by a newer one, which is acknowledged at once and wins", async () => {
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
