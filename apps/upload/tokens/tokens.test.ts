/** Upload tokens where a key is needed (`AUTH=keys`), and where none is. */
import { describe, expect, test } from "bun:test";
import { hashOfKey, newApiKey, newServiceKey, newUploadToken } from "@video-backend/access/api-key";
import type { Keys, VerifiedKey } from "@video-backend/service";
import type { RequestParts } from "@video-backend/testing";
import { setup } from "../test-setup.ts";
import { expireUploads } from "../uploads/delete-upload.ts";
import { createTokenVerifier } from "./tokens.ts";

const apiKey = newApiKey();
const site: VerifiedKey = { id: "one", name: "site", scopes: ["upload"], sessionId: null, expiresAt: null };
const keys: Keys = {
  serviceKey: newServiceKey(),
  verifier: { verify: async (sha256) => (sha256 === hashOfKey(apiKey) ? site : null) },
};
const film = { filename: "film.mp4", total_chunks: 2 };
const tusFilm = `filename ${Buffer.from("film.mp4").toString("base64")}`;

/** `send` with a token or a key. */
function setupWithKeys(mode: { keys?: Keys } = { keys }) {
  const upload = setup(() => mode);
  const as =
    (bearer: string) =>
    async (line: string, parts: RequestParts = {}) =>
      upload.send(line, { ...parts, headers: { authorization: `Bearer ${bearer}`, ...parts.headers } });
  /** A new token, and what it may send. */
  async function createToken(asked: Record<string, unknown> = {}) {
    const { status, body } = await as(apiKey)("POST /upload/tokens", { json: asked });
    expect(status).toBe(200);
    const send = as(body.token);
    const tus = (line: string, headers: Record<string, string> = {}, content?: string) =>
      send(line, {
        headers: { "tus-resumable": "1.0.0", ...headers },
        ...(content !== undefined && { body: content }),
      });
    const chunk = (id: string, index: number, content: string) =>
      send(`PUT /upload/${id}/chunks/${index}`, { body: content });
    return { ...body, send, tus, chunk };
  }
  return { ...upload, as, createToken, [Symbol.asyncDispose]: () => upload.world[Symbol.asyncDispose]() };
}

const streamed = (offset: number) => ({
  "content-type": "application/offset+octet-stream",
  "upload-offset": String(offset),
});
const pathOf = ({ headers }: { headers: Headers }) =>
  new URL(headers.get("location") ?? "", "http://upload.test/files").pathname;
const form = (fields: [string, string | File][]) => ({ form: fields });

test("a token sends one upload in chunks, raw and as forms, and completes it with the token's title and visibility", async () => {
  await using upload = setupWithKeys();
  const { send, token } = await upload.createToken({ title: "Holiday", visibility: "private" });
  const id = (await send("POST /upload/init", { json: { ...film, title: "Another" } })).body.upload_id;
  expect((await send(`PUT /upload/${id}/chunks/0`, { body: "abc" })).status).toBe(200);
  const file = new File(["de"], "blob");
  expect(
    (
      await send(
        "POST /upload/chunk",
        form([
          ["index", "1"],
          ["file", file],
          ["upload_id", id],
        ]),
      )
    ).status,
  ).toBe(200);
  expect((await send(`GET /upload/${id}`)).body).toMatchObject({ title: "Holiday", missing: [] });
  expect((await send("POST /upload/complete", { json: { upload_id: id } })).body).toEqual({ hash: id });
  expect((await upload.askMetadata(`GET /videos/${id}`)).body).toMatchObject({
    title: "Holiday",
    visibility: "private",
  });
  const used = await send("POST /upload/init", { json: film });
  expect(used).toMatchObject({ status: 403, body: { upload_id: id } });
  expect(JSON.stringify(upload.deps.database.$client.query("select * from upload_tokens").all())).not.toContain(token);
});

test("a token sends one upload by tus", async () => {
  await using upload = setupWithKeys();
  const { tus } = await upload.createToken({ title: "Holiday" });
  const metadata = { "upload-metadata": tusFilm, "upload-length": "5" };
  const created = await tus("POST /files", { ...metadata, "content-type": streamed(0)["content-type"] }, "ab");
  expect(created.status).toBe(201);
  expect((await tus(`HEAD ${pathOf(created)}`)).headers.get("upload-offset")).toBe("2");
  expect((await tus(`PATCH ${pathOf(created)}`, streamed(2), "cde")).status).toBe(204);
  expect((await tus(`HEAD ${pathOf(created)}`)).headers.get("upload-offset")).toBe("5");
  expect((await tus("POST /files", metadata)).status).toBe(403);
  const id = pathOf(created).slice("/files/".length);
  expect((await upload.askMetadata(`GET /videos/${id}`)).body.title).toBe("Holiday");
});

test("of several requests at once one starts the token's upload, also by different ways", async () => {
  await using upload = setupWithKeys();
  const { send, tus } = await upload.createToken();
  const replies = await Promise.all([
    ...Array.from({ length: 5 }, () => send("POST /upload/init", { json: film })),
    ...Array.from({ length: 5 }, () => tus("POST /files", { "upload-metadata": tusFilm, "upload-length": "5" })),
  ]);
  expect(replies.map(({ status }) => status).sort()).toEqual(
    [replies[0]?.status === 200 ? 200 : 201, ...Array(9).fill(403)].sort(),
  );
});

test("a spent token tells the state of its upload, completes it again with the same answer, and sends nothing", async () => {
  await using upload = setupWithKeys();
  const { send, chunk } = await upload.createToken();
  const id = (await send("POST /upload/init", { json: { ...film, total_chunks: 1 } })).body.upload_id;
  await chunk(id, 0, "abc");
  const complete = { json: { upload_id: id } };
  await send("POST /upload/complete", complete);
  expect((await send("POST /upload/complete", complete)).body).toEqual({ hash: id });
  expect((await send(`GET /upload/${id}`)).body).toMatchObject({ state: "handed_over", bytes_received: 3 });
  expect(await chunk(id, 0, "xyz")).toMatchObject({ status: 403, body: { detail: expect.stringContaining("spent") } });
  // Nor when the video is deleted: it is for one upload.
  await upload.deps.uploads.delete(id);
  expect((await send("POST /upload/init", { json: film })).status).toBe(403);
  expect((await send(`GET /upload/${id}`)).status).toBe(404);
});

test("a completion that fails does not spend the token", async () => {
  await using upload = setupWithKeys();
  const { send, chunk } = await upload.createToken();
  const id = (await send("POST /upload/init", { json: { ...film, total_chunks: 1 } })).body.upload_id;
  await chunk(id, 0, "abc");
  expect((await send("POST /upload/complete", { json: { upload_id: id, sha256: "0".repeat(64) } })).status).toBe(422);
  expect((await chunk(id, 0, "xyz")).status).toBe(200);
  expect((await send("POST /upload/complete", { json: { upload_id: id } })).status).toBe(200);
});

test("every route refuses a token for the upload of another, before it says whether there is one", async () => {
  await using upload = setupWithKeys();
  const mine = await upload.createToken();
  const unused = await upload.createToken();
  await mine.send("POST /upload/init", { json: film });
  const chunked = (await upload.as(apiKey)("POST /upload/init", { json: film })).body.upload_id;
  const other = await upload.createToken();
  const stream = pathOf(await other.tus("POST /files", { "upload-metadata": tusFilm, "upload-length": "5" }));
  const file = new File(["de"], "blob");
  for (const { send, tus, chunk } of [mine, unused]) {
    for (const id of [chunked, stream.slice("/files/".length), "none"]) {
      const replies = [
        await chunk(id, 0, "abc"),
        await send(
          "POST /upload/chunk",
          form([
            ["upload_id", id],
            ["index", "0"],
            ["file", file],
          ]),
        ),
        await send(
          "POST /upload/chunk",
          form([
            ["file", file],
            ["upload_id", id],
            ["index", "0"],
          ]),
        ),
        await send("POST /upload/complete", { json: { upload_id: id } }),
        await send(`GET /upload/${id}`),
        await tus(`HEAD /files/${id}`),
        await tus(`PATCH /files/${id}`, streamed(0), "abc"),
        await tus(`POST /files/${id}`, { ...streamed(0), "x-http-method-override": "PATCH" }, "abc"),
        await tus(`DELETE /files/${id}`),
      ];
      expect(replies.map(({ status }) => status)).toEqual(Array(9).fill(403));
    }
  }
  expect((await upload.as(apiKey)(`GET /upload/${chunked}`)).body.received).toEqual([]);
});

test("a request with the token of another does not disturb the one that sends", async () => {
  await using upload = setupWithKeys();
  const [mine, other] = [await upload.createToken(), await upload.createToken()];
  const path = pathOf(await other.tus("POST /files", { "upload-metadata": tusFilm, "upload-length": "5" }));
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const sending = upload.service.fetch(
    new Request(`http://upload.test${path}`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${other.token}`, "tus-resumable": "1.0.0", ...streamed(0) },
      body: body.readable,
    }),
  );
  await writer.write(new TextEncoder().encode("abc"));
  for (const line of [`HEAD ${path}`, `DELETE ${path}`]) expect((await mine.tus(line)).status).toBe(403);
  await writer.write(new TextEncoder().encode("de"));
  await writer.close();
  expect((await sending).status).toBe(204);
});

describe("max_bytes", () => {
  test("counts for declared sizes, before a byte is sent", async () => {
    await using upload = setupWithKeys();
    const { send, tus } = await upload.createToken({ max_bytes: 5 });
    const tooLarge = { status: 413, body: { max_file_bytes: 5 } };
    expect(await send("POST /upload/init", { json: { ...film, file_size: 6 } })).toMatchObject(tooLarge);
    expect(await send("POST /upload/init", { json: { ...film, chunk_size: 6 } })).toMatchObject(tooLarge);
    expect(await tus("POST /files", { "upload-metadata": tusFilm, "upload-length": "6" })).toMatchObject(tooLarge);
    const id = (await send("POST /upload/init", { json: film })).body.upload_id;
    expect(await send(`PUT /upload/${id}/chunks/0`, { body: "abcdef" })).toMatchObject(tooLarge);
  });

  test("counts for all chunks together, as their bytes come", async () => {
    await using upload = setupWithKeys();
    const { send, chunk } = await upload.createToken({ max_bytes: 5 });
    const id = (await send("POST /upload/init", { json: film })).body.upload_id;
    const file = new File(["abcdef"], "blob");
    for (const fields of [
      [
        ["upload_id", id],
        ["index", "1"],
        ["file", file],
      ],
      [
        ["file", file],
        ["upload_id", id],
        ["index", "1"],
      ],
    ] as [string, string | File][][]) {
      expect((await send("POST /upload/chunk", form(fields))).status).toBe(413);
    }
    expect((await chunk(id, 1, "abc")).status).toBe(200);
    expect((await chunk(id, 0, "def")).status).toBe(413);
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("x")),
    });
    expect((await send(`PUT /upload/${id}/chunks/0`, { body })).status).toBe(413);
    expect((await chunk(id, 0, "de")).status).toBe(200);
    expect((await send("POST /upload/complete", { json: { upload_id: id } })).status).toBe(200);
  });

  test("counts for a tus stream whose length is declared late, or never", async () => {
    await using upload = setupWithKeys();
    const { tus } = await upload.createToken({ max_bytes: 5 });
    const path = pathOf(await tus("POST /files", { "upload-metadata": tusFilm, "upload-defer-length": "1" }));
    expect((await tus(`PATCH ${path}`, { ...streamed(0), "upload-length": "6" }, "a")).status).toBe(413);
    expect((await tus(`PATCH ${path}`, streamed(0), "abcdef")).status).toBe(413);
    expect((await tus(`PATCH ${path}`, { ...streamed(0), "upload-length": "5" }, "abcde")).status).toBe(204);
  });
});

test("an unknown, an expired and a revoked token are no tokens; a token is none for other routes", async () => {
  await using upload = setupWithKeys();
  const { createToken, as, world } = upload;
  const [short, revoked, good] = [
    await createToken({ expires_in_seconds: 60 }),
    await createToken(),
    await createToken(),
  ];
  const id = (await short.send("POST /upload/init", { json: film })).body.upload_id;
  world.clock.advance(60);
  expect((await as(apiKey)(`DELETE /upload/tokens/${revoked.id}`)).body).toEqual({ status: "revoked" });
  expect((await as(apiKey)(`DELETE /upload/tokens/${revoked.id}`)).status).toBe(404);
  for (const bearer of [short.token, revoked.token, newUploadToken(), good.token.slice(0, -1), `${good.token}A`]) {
    const reply = await as(bearer)(`PUT /upload/${id}/chunks/0`, { body: "abc" });
    expect(reply.status).toBe(401);
    expect(reply.headers.get("www-authenticate")).toStartWith("Bearer");
  }
  for (const line of ["POST /upload/tokens", "POST /upload/from-url", `DELETE /upload/${id}`, "GET /api/speedtest"]) {
    expect((await good.send(line)).status).toBe(403);
  }
  await expireUploads(upload.deps, new AbortController().signal);
  expect(upload.deps.database.$client.query("select id from upload_tokens").all()).toEqual([{ id: good.id }]);
});

test("ten thousand forged tokens: none passes", async () => {
  await using upload = setupWithKeys();
  const { token, send } = await upload.createToken();
  const { verify } = createTokenVerifier(upload.deps);
  const forged = new Set(
    [...token].map((_, at) => `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`),
  );
  for (const other of [token.toLowerCase(), token.toUpperCase(), token.replace("vbu_", "vb_"), hashOfKey(token)]) {
    expect((await upload.as(other)("POST /upload/init", { json: film })).status).toBe(401);
  }
  while (forged.size < 10_000) forged.add(newUploadToken());
  for (const one of forged) expect(await verify(hashOfKey(one))).toBeNull();
  expect((await send("POST /upload/init", { json: film })).status).toBe(200);
});

test("a token means the same after a restart", async () => {
  await using upload = setupWithKeys();
  const { token, send } = await upload.createToken({ max_bytes: 5, title: "Holiday" });
  const id = (await send("POST /upload/init", { json: { ...film, total_chunks: 1 } })).body.upload_id;
  const restarted = upload.restart();
  const again = (line: string, parts: RequestParts) =>
    restarted.send(line, { ...parts, headers: { authorization: `Bearer ${token}` } });
  expect((await again("POST /upload/init", { json: film })).body.upload_id).toBe(id);
  expect((await again(`PUT /upload/${id}/chunks/0`, { body: "abcdef" })).status).toBe(413);
  expect((await again(`PUT /upload/${id}/chunks/0`, { body: "abc" })).status).toBe(200);
});

test("where nobody needs a key a token has its effects all the same, and a wrong one does no harm", async () => {
  await using upload = setupWithKeys({});
  const { send } = await upload.createToken({ max_bytes: 5, title: "Holiday" });
  const id = (await send("POST /upload/init", { json: film })).body.upload_id;
  expect((await send("POST /upload/init", { json: film })).status).toBe(403);
  expect((await send(`PUT /upload/${id}/chunks/0`, { body: "abcdef" })).status).toBe(413);
  expect((await upload.send(`GET /upload/${id}`)).body.title).toBe("Holiday");
  expect((await upload.as(newUploadToken())("POST /upload/init", { json: film })).status).toBe(200);
  expect((await send("GET /api/speedtest")).status).toBe(200);
});
