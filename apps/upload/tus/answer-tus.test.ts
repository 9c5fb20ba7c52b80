/** The protocol as transcripts: method and headers, then status and headers (https://tus.io/protocols/resumable-upload). */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { until } from "@video-backend/testing";
import { limitsOf, UploadConfig } from "../config.ts";
import { sweep } from "../handover/sweep.ts";
import { setup } from "../test-setup.ts";

type Tus = ReturnType<typeof setup>;

const limits = limitsOf(UploadConfig.parse({}));
const base64 = (text: string) => Buffer.from(text).toString("base64");
const film = `filename ${base64("film.mp4")}`;
const streamed = { "content-type": "application/offset+octet-stream" };

const ask = ({ send }: Tus, line: string, headers: Record<string, string> = {}, body?: BodyInit) =>
  send(line, { headers: { "tus-resumable": "1.0.0", ...headers }, ...(body !== undefined && { body }) });

const post = (tus: Tus, headers: Record<string, string>, body?: BodyInit) =>
  ask(tus, "POST /files", { "upload-metadata": film, ...headers }, body);

const patch = (tus: Tus, path: string, offset: number, body: BodyInit, headers: Record<string, string> = {}) =>
  ask(tus, `PATCH ${path}`, { ...streamed, "upload-offset": String(offset), ...headers }, body);

async function create(tus: Tus, length: number | null, headers: Record<string, string> = {}): Promise<string> {
  const size: Record<string, string> =
    length === null ? { "upload-defer-length": "1" } : { "upload-length": String(length) };
  const reply = await post(tus, { ...size, ...headers });
  expect(reply.status).toBe(201);
  return addressOf(reply);
}

/** The path that a client makes of `Location`, which is relative to the path that was asked. */
const addressOf = ({ headers }: { headers: Headers }, asked = "/files") =>
  new URL(headers.get("location") ?? "", `http://upload.test${asked}`).pathname;
const idOf = (location: string) => location.slice("/files/".length);
const original = ({ world }: Tus, location: string) =>
  readFileSync(world.path("originals", idOf(location), "film.mp4"), "utf8");

describe("OPTIONS", () => {
  test("answers the version, the extensions, and the largest file", async () => {
    await using tus = setup();
    const { status, headers } = await tus.send("OPTIONS /files");
    expect(status).toBe(204);
    expect(headers.get("tus-resumable")).toBe("1.0.0");
    expect(headers.get("tus-version")).toBe("1.0.0");
    expect(headers.get("tus-max-size")).toBe(String(1024 ** 4));
    expect(headers.get("tus-extension")).toBe(
      "creation,creation-with-upload,creation-defer-length,termination,expiration",
    );
  });

  test("lets a page of an allowed origin upload", async () => {
    await using tus = setup();
    const origin = "http://localhost:4000";
    const { headers } = await tus.send("OPTIONS /files/some-id", {
      headers: { origin, "access-control-request-method": "PATCH" },
    });
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    for (const method of ["POST", "HEAD", "PATCH", "OPTIONS", "DELETE"]) {
      expect(headers.get("access-control-allow-methods")?.split(",")).toContain(method);
    }
    const allowed = headers.get("access-control-allow-headers")?.toLowerCase().split(/, ?/) ?? [];
    for (const name of ["tus-resumable", "upload-length", "upload-metadata", "upload-offset", "content-type"]) {
      expect(allowed).toContain(name);
    }
    const refused = await ask(tus, "HEAD /files/nobody", { origin });
    expect(refused.headers.get("access-control-allow-origin")).toBe(origin);
    const exposed = refused.headers.get("access-control-expose-headers")?.toLowerCase().split(/, ?/);
    expect(exposed).toEqual(expect.arrayContaining(["location", "upload-offset", "upload-expires"]));
  });

  test("rejects a page of another origin", async () => {
    await using tus = setup();
    const origin = "https://app.test";
    const location = await create(tus, 5);
    for (const line of [`PATCH ${location}`, `DELETE ${location}`, "POST /files", "POST /files/"]) {
      const reply = await ask(tus, line, { origin, "upload-length": "5", "upload-metadata": film });
      expect(reply).toMatchObject({ status: 403, body: { origin } });
      expect(reply.headers.get("access-control-allow-origin")).toBeNull();
    }
    for (const line of [`HEAD ${location}`, "OPTIONS /files"]) {
      const { headers } = await ask(tus, line, { origin });
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
    expect((await tus.send(`GET /upload/${idOf(location)}`)).body).toMatchObject({ state: "receiving" });
  });
});

describe("POST", () => {
  test.each(["/files", "/files/"])(
    "%s creates an upload, and Location is relative, so that it is right behind any host",
    async (path) => {
      await using tus = setup();
      const reply = await ask(tus, `POST ${path}`, {
        "upload-length": "5",
        "upload-metadata": `${film},title ${base64("Ein Fest")},filetype ${base64("video/mp4")}`,
        "x-forwarded-host": "videos.example",
        "x-forwarded-proto": "https",
      });
      expect(reply.status).toBe(201);
      expect(reply.headers.get("location")).not.toStartWith("/");
      const location = addressOf(reply, path);
      expect(location).toMatch(/^\/files\/[A-Za-z0-9_-]{21}$/);
      expect(reply.headers.get("tus-resumable")).toBe("1.0.0");
      expect((await tus.send(`GET /upload/${idOf(location)}`)).body).toMatchObject({
        filename: "film.mp4",
        title: "Ein Fest",
        file_size: 5,
        bytes_received: 0,
        state: "receiving",
      });
    },
  );

  test("the name may come as `name`, in any script", async () => {
    await using tus = setup();
    const location = await create(tus, 5, { "upload-metadata": `name ${base64("夏休み.mp4")},relativePath` });
    expect((await tus.send(`GET /upload/${idOf(location)}`)).body.filename).toBe("夏休み.mp4");
  });

  test("the first bytes may be in the request", async () => {
    await using tus = setup();
    const reply = await post(tus, { "upload-length": "5", ...streamed }, "abc");
    expect(reply.status).toBe(201);
    expect(reply.headers.get("upload-offset")).toBe("3");
    const location = addressOf(reply);
    expect((await patch(tus, location, 3, "de")).status).toBe(204);
    expect(original(tus, location)).toBe("abcde");
  });

  test("all bytes may be in the request, which completes the upload", async () => {
    await using tus = setup();
    const reply = await post(tus, { "upload-length": "5", ...streamed }, "abcde");
    expect(reply).toMatchObject({ status: 201 });
    expect(reply.headers.get("upload-expires")).toBeNull();
    expect(original(tus, addressOf(reply))).toBe("abcde");
  });

  test.each([
    ["a path", "../../etc/film.mp4", "invalid_path"],
    ["a control character", "a\0.mp4", "invalid_path"],
    ["another kind", "virus.exe", "unsupported_file_type"],
  ])("a name with %s is refused as init does, and nothing is made of it", async (_, name, code) => {
    await using tus = setup();
    const reply = await post(tus, { "upload-length": "5", "upload-metadata": `filename ${base64(name)}` });
    expect(reply).toMatchObject({ status: 400, body: { type: `urn:video-backend:problem:${code}` } });
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(reply.headers.get("tus-resumable")).toBe("1.0.0");
    expect(tus.deps.sources.uploadIds()).toEqual([]);
  });

  test.each([
    ["no metadata", { "upload-length": "5", "upload-metadata": "" }, 400],
    ["no name in it", { "upload-length": "5", "upload-metadata": `filetype ${base64("video/mp4")}` }, 422],
    ["a name that is no base64", { "upload-length": "5", "upload-metadata": "filename film.mp4" }, 400],
    ["one key twice", { "upload-length": "5", "upload-metadata": `${film},${film}` }, 400],
    ["a key that objects have", { "upload-length": "5", "upload-metadata": `${film},__proto__ YQ==` }, 400],
    [
      "a title without end",
      { "upload-length": "5", "upload-metadata": `${film},title ${base64("x".repeat(501))}` },
      422,
    ],
    ["no length", {}, 400],
    ["two lengths", { "upload-length": "5", "upload-defer-length": "1" }, 400],
    ["a length that is none", { "upload-length": "-1" }, 400],
    ["parts to put together", { "upload-length": "5", "upload-concat": "partial" }, 501],
  ])("%s is refused", async (_, headers, status) => {
    await using tus = setup();
    const reply = await post(tus, headers);
    expect(reply).toMatchObject({ status, body: { status, detail: expect.any(String) } });
    expect(reply.body.request_id).toBe(reply.headers.get("x-request-id"));
    expect(tus.deps.sources.uploadIds()).toEqual([]);
  });

  test("what cannot be accepted is refused before the first byte, with the figures", async () => {
    await using tus = setup(() => ({
      limits: { ...limits, maxFileBytes: 1000 },
      disk: { freeBytes: async () => limits.lowWaterBytes + 100, totalBytes: async () => 2 ** 40 },
    }));
    const large = await post(tus, { "upload-length": "1001" });
    expect(large).toMatchObject({ status: 413, body: { max_file_bytes: 1000 } });
    expect(await post(tus, { "upload-length": "100" })).toMatchObject({ status: 507, body: { needed_bytes: 200 } });
  });

  test("an upload is created at /files and not below it", async () => {
    await using tus = setup();
    const reply = await ask(tus, "POST /files/film.mp4", { "upload-length": "5", "upload-metadata": film });
    expect(reply.status).toBe(405);
    expect(tus.deps.sources.uploadIds()).toEqual([]);
  });
});

describe("HEAD", () => {
  test("answers the offset, and the metadata of the creation", async () => {
    await using tus = setup();
    const metadata = `${film},mine ${base64("anything")},flag`;
    const location = await create(tus, 5, { "upload-metadata": metadata });
    await patch(tus, location, 0, "abc");
    const { status, headers } = await ask(tus, `HEAD ${location}`);
    expect(status).toBe(200);
    expect(headers.get("upload-offset")).toBe("3");
    expect(headers.get("upload-length")).toBe("5");
    expect(headers.get("upload-metadata")).toBe(metadata);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  test("the offset of a complete upload is its length", async () => {
    await using tus = setup();
    const location = await create(tus, 3);
    await patch(tus, location, 0, "abc");
    const { headers } = await ask(tus, `HEAD ${location}`);
    expect([headers.get("upload-offset"), headers.get("upload-length")]).toEqual(["3", "3"]);
    expect(headers.get("upload-expires")).toBeNull();
  });

  test("an upload in chunks, an unknown one and an invalid id are 404", async () => {
    await using tus = setup();
    const chunked = await tus.init(1);
    for (const id of [chunked, "nobody", "a%2fb", "..%2f..", "a/b"]) {
      expect((await ask(tus, `HEAD /files/${id}`)).status).toBe(404);
    }
    expect((await patch(tus, `/files/${chunked}`, 0, "x")).status).toBe(404);
    expect((await ask(tus, `DELETE /files/${chunked}`)).status).toBe(404);
    expect((await tus.send(`GET /upload/${chunked}`)).status).toBe(200);
  });
});

describe("PATCH", () => {
  test("appends, and the last byte completes the upload", async () => {
    await using tus = setup();
    const location = await create(tus, 9);
    const first = await patch(tus, location, 0, "one ");
    expect(first.status).toBe(204);
    expect(first.headers.get("upload-offset")).toBe("4");
    expect(tus.starts).toEqual([]);
    expect((await patch(tus, location, 4, "three")).headers.get("upload-offset")).toBe("9");
    expect(original(tus, location)).toBe("one three");
    const id = idOf(location);
    expect(tus.starts).toEqual([{ upload_id: id, filename: "film.mp4" }]);
    expect((await tus.askMetadata(`GET /videos/${id}`)).status).toBe(200);
    expect(await tus.complete(id)).toMatchObject({ status: 200, body: { hash: id } });
    expect((await tus.send(`GET /upload/${id}`)).body).toMatchObject({ state: "handed_over", missing: [] });
    expect(existsSync(tus.world.path("uploads", id))).toBeFalse();
    expect(tus.starts).toHaveLength(1);
  });

  test("another offset is 409, and changes nothing", async () => {
    await using tus = setup();
    const location = await create(tus, 5);
    await patch(tus, location, 0, "abc");
    for (const offset of [0, 2, 4]) expect((await patch(tus, location, offset, "xy")).status).toBe(409);
    await patch(tus, location, 3, "de");
    expect(original(tus, location)).toBe("abcde");
  });

  test("the length may be declared later; until then the upload is not complete", async () => {
    await using tus = setup();
    const location = await create(tus, null);
    await patch(tus, location, 0, "abc");
    const { headers } = await ask(tus, `HEAD ${location}`);
    expect([headers.get("upload-defer-length"), headers.get("upload-length")]).toEqual(["1", null]);
    expect(await tus.complete(idOf(location))).toMatchObject({ status: 400, body: { received_bytes: 3 } });
    expect((await patch(tus, location, 3, "", { "upload-length": "2" })).status).toBe(400);
    expect((await patch(tus, location, 3, "de", { "upload-length": "5" })).status).toBe(204);
    expect(original(tus, location)).toBe("abcde");
  });

  test("a deferred length that is too large is refused", async () => {
    await using tus = setup(() => ({ limits: { ...limits, maxFileBytes: 1000 } }));
    const location = await create(tus, null);
    const reply = await patch(tus, location, 0, "abc", { "upload-length": "1001" });
    expect(reply).toMatchObject({ status: 413, body: { max_file_bytes: 1000 } });
  });

  test("more than was declared is refused, and none of it counts", async () => {
    await using tus = setup();
    const location = await create(tus, 3);
    expect((await patch(tus, location, 0, "abcd")).status).toBe(413);
    expect((await ask(tus, `HEAD ${location}`)).headers.get("upload-offset")).toBe("0");
  });

  test.each([
    ["another type", { "content-type": "video/mp4", "upload-offset": "0" }, 400],
    ["no offset", streamed, 403],
    ["an offset that is none", { ...streamed, "upload-offset": "1.5" }, 400],
  ])("%s is refused", async (_, headers, status) => {
    await using tus = setup();
    const location = await create(tus, 3);
    expect((await ask(tus, `PATCH ${location}`, headers, "abc")).status).toBe(status);
    expect((await ask(tus, `HEAD ${location}`)).headers.get("upload-offset")).toBe("0");
  });

  test("may be sent as a POST with X-HTTP-Method-Override", async () => {
    await using tus = setup();
    const location = await create(tus, 3);
    const headers = { ...streamed, "upload-offset": "0", "x-http-method-override": "PATCH" };
    expect((await ask(tus, `POST ${location}`, headers, "abc")).status).toBe(204);
    expect(original(tus, location)).toBe("abc");
  });

  test("a HEAD cancels an append in progress: the offset that it answers is final, and nothing is answered 423", async () => {
    await using tus = setup();
    const location = await create(tus, 12);
    const line = new TransformStream<Uint8Array, Uint8Array>();
    const headers = { "tus-resumable": "1.0.0", ...streamed, "upload-offset": "0" };
    const request = new Request(`http://upload.test${location}`, { method: "PATCH", headers, body: line.readable });
    const older = tus.service.fetch(request);
    const writer = line.writable.getWriter();
    await writer.write(new TextEncoder().encode("half "));
    const source = tus.world.path("uploads", idOf(location), "source");
    await until("it is written", () => readFileSync(source, "utf8") === "half ");
    // The older connection stays open and silent, as one does whose network is gone.
    const found = await ask(tus, `HEAD ${location}`);
    expect(found.headers.get("upload-offset")).toBe("5");
    expect((await older).status).toBe(409);
    expect((await patch(tus, location, 5, "and all")).status).toBe(204);
    expect(original(tus, location)).toBe("half and all");
  });
});

describe("DELETE", () => {
  test("deletes an incomplete upload with all its files", async () => {
    await using tus = setup();
    const location = await create(tus, 5);
    await patch(tus, location, 0, "abc");
    expect((await ask(tus, `DELETE ${location}`)).status).toBe(204);
    expect((await ask(tus, `HEAD ${location}`)).status).toBe(404);
    expect((await ask(tus, `DELETE ${location}`)).status).toBe(404);
    expect(tus.deps.sources.uploadIds()).toEqual([]);
  });

  test("does not delete the video of a complete upload", async () => {
    await using tus = setup();
    const location = await create(tus, 3);
    await patch(tus, location, 0, "abc");
    expect((await ask(tus, `DELETE ${location}`)).status).toBe(409);
    expect(original(tus, location)).toBe("abc");
  });
});

test("Upload-Expires moves with every byte, and is an HTTP date", async () => {
  await using tus = setup();
  const { now } = tus.world.clock;
  const inAWeek = () => new Date((now() + 7 * 24 * 3600) * 1000).toUTCString();
  const created = await post(tus, { "upload-length": "5" });
  const location = addressOf(created);
  const first = inAWeek();
  expect(created.headers.get("upload-expires")).toBe(first);
  tus.world.clock.advance(3600);
  expect((await ask(tus, `HEAD ${location}`)).headers.get("upload-expires")).toBe(first);
  expect((await patch(tus, location, 0, "abc")).headers.get("upload-expires")).toBe(inAWeek());
});

test.each([{}, { "tus-resumable": "0.2.2" }])(
  "another version of the protocol is 412, with the one spoken",
  async (headers) => {
    await using tus = setup();
    const reply = await tus.send("POST /files", {
      headers: { "upload-length": "5", "upload-metadata": film, ...headers },
    });
    expect(reply.status).toBe(412);
    expect(reply.headers.get("tus-version")).toBe("1.0.0");
  },
);

test("an empty file is complete when it is created", async () => {
  await using tus = setup();
  const location = await create(tus, 0);
  expect(original(tus, location)).toBe("");
});

test("an upload with its last byte is completed even if the service was killed before it could do so", async () => {
  await using tus = setup();
  const location = await create(tus, 3);
  const { store } = tus.deps;
  tus.deps.store = {
    ...store,
    adopt: () => Promise.reject(new Error("the power is gone")),
  };
  expect((await patch(tus, location, 0, "abc")).status).toBe(500);
  expect((await tus.send(`GET /upload/${idOf(location)}`)).body).toMatchObject({
    state: "receiving",
    bytes_received: 3,
  });
  const after = tus.restart();
  await sweep(after.deps, new AbortController().signal);
  expect(original(tus, location)).toBe("abc");
});
