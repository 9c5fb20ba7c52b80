import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { createLog } from "@video-backend/service";
import { createWorld, until } from "@video-backend/testing";
import { limitsOf, remoteSourcesOf, UploadConfig } from "../config.ts";
import { runService, type ServiceProcess } from "../test-process.ts";
import { setup } from "../test-setup.ts";
import { expiresAt } from "../uploads/delete-upload.ts";
import { findUpload } from "../uploads/state.ts";
import { type Running, startFetches } from "./fetch-source.ts";
import { type Asked, type Said, serveFile, wholeOrRange } from "./test-file-server.ts";

const film = Buffer.from(Array.from({ length: 40_000 }, (_, n) => `${n}:`).join(""));

/** The service, a server that answers the first request (that of the POST) with the head of `film`, and an upload of it. */
async function setupFetch(answer: (asked: Asked, nth: number) => Said, replaced?: Parameters<typeof setup>[0]) {
  const upload = setup(replaced);
  const server = await serveFile(upload.world, (asked, nth) =>
    nth === 1 ? wholeOrRange(asked, film) : answer(asked, nth - 1),
  );
  const { body } = await upload.send("POST /upload/from-url", { json: { url: server.url("/film.mp4?key=secret") } });
  const id: string = body.upload_id;
  return {
    ...upload,
    id,
    /** What was asked after the POST. */
    asked: () => server.asked.slice(1),
    isConnected: server.isConnected,
    found: async () => (await upload.send(`GET /upload/${id}`)).body,
    row: () => findUpload(upload.deps, id),
    original: () => readFileSync(upload.world.path("originals", id, "film.mp4")),
    /** What is due is tried once, when the time of its next try has come. */
    async next(deps = upload.deps) {
      upload.world.clock.advance(60);
      await tryDue(deps);
    },
    [Symbol.asyncDispose]: () => upload[Symbol.asyncDispose](),
  };
}

async function tryDue(deps: ReturnType<typeof setup>["deps"]): Promise<void> {
  const running: Running = new Map();
  if (deps.remote) await startFetches(deps, deps.remote, running);
  await Promise.all(running.values());
}

const withLimits = (changed: Partial<ReturnType<typeof limitsOf>>) => () => ({
  limits: { ...limitsOf(UploadConfig.parse({})), ...changed },
});

test("the file is fetched, completed and handed over, and the query of its URL is forgotten", async () => {
  await using upload = await setupFetch((asked) => wholeOrRange(asked, film));
  await upload.next();
  expect(await upload.found()).toMatchObject({
    state: "handed_over",
    fetch: "fetched",
    bytes_received: film.length,
    file_size: film.length,
    error: null,
    expires_at: null,
  });
  expect(upload.original().equals(film)).toBeTrue();
  expect(upload.starts).toEqual([{ upload_id: upload.id, filename: "film.mp4" }]);
  expect((await upload.askMetadata(`GET /videos/${upload.id}`)).status).toBe(200);
  expect((await upload.row()).sourceUrl).not.toContain("secret");
  expect(upload.asked()).toHaveLength(1);
  expect(upload.asked()[0]?.headers).toMatchObject({ "accept-encoding": "identity" });
});

test("after a lost connection the fetch resumes with a conditional range request", async () => {
  await using upload = await setupFetch((asked, nth) => ({
    ...wholeOrRange(asked, film),
    ...(nth < 3 ? { cutAfter: 50_000 } : {}),
  }));
  await upload.next();
  expect(await upload.found()).toMatchObject({
    state: "receiving",
    fetch: "fetching",
    bytes_received: 50_000,
    error: expect.stringContaining("127.0.0.1 broke off"),
  });
  await upload.next();
  expect((await upload.found()).bytes_received).toBe(100_000);
  await upload.next();
  expect(upload.asked().map(({ headers }) => [headers.range, headers["if-range"]])).toEqual([
    [undefined, undefined],
    ["bytes=50000-", '"1"'],
    ["bytes=100000-", '"1"'],
  ]);
  expect(upload.original().equals(film)).toBeTrue();
  expect(await upload.found()).toMatchObject({ state: "handed_over", error: null });
});

test("a fetch resumes after a restart", async () => {
  await using upload = await setupFetch((asked, nth) => ({
    ...wholeOrRange(asked, film),
    ...(nth === 1 ? { cutAfter: 70_000 } : {}),
  }));
  await upload.next();
  await upload.next(upload.restart().deps);
  expect(upload.asked()[1]?.headers.range).toBe("bytes=70000-");
  expect(upload.original().equals(film)).toBeTrue();
});

const dated = { "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT", date: "Wed, 21 Oct 2015 08:00:00 GMT" };
const length = { "content-length": film.length };

test.each<[what: string, isContinued: boolean, answer: (asked: Asked) => Said]>([
  ["ignores ranges", true, () => ({ headers: { ...length, etag: '"1"' }, body: film })],
  [
    "has a date for a validator",
    true,
    (asked) => {
      const { headers, ...said } = wholeOrRange(asked, film, dated["last-modified"]);
      return { ...said, headers: { ...without(headers, "etag"), ...dated } };
    },
  ],
  [
    "has a date that may be that of two files",
    false,
    () => ({ headers: { ...length, ...dated, date: dated["last-modified"] }, body: film }),
  ],
  ["has a weak ETag", false, () => ({ headers: { ...length, ...dated, etag: 'W/"1"' }, body: film })],
  ["has nothing that tells files apart", false, () => ({ headers: length, body: film })],
  [
    "does not say the length",
    true,
    () => ({ headers: { etag: '"1"', "transfer-encoding": "chunked" }, body: inPieces(film) }),
  ],
])("a server that %s gives the same file after a cut; it is asked for the rest: %p", async (_, isContinued, answer) => {
  await using upload = await setupFetch((asked, nth) => ({
    ...answer(asked),
    ...(nth === 1 ? { cutAfter: 60_000 } : {}),
  }));
  await upload.next();
  expect(await upload.found()).toMatchObject({ state: "receiving", fetch: "fetching" });
  await upload.next();
  expect(upload.asked()[1]?.from !== null).toBe(isContinued);
  expect(upload.original().equals(film)).toBeTrue();
  expect(await upload.found()).toMatchObject({ state: "handed_over", file_size: film.length });
});

const other = Buffer.from(film.map((byte) => byte ^ 1));
const longer = Buffer.concat([other, other]);
const shorter = other.subarray(0, 9);
const unconditional = ({ path, from }: Asked): Asked => ({ path, headers: {}, from });

test.each<[what: string, file: Buffer, answer: (asked: Asked) => Said, requests: number]>([
  ["says so", shorter, (asked) => wholeOrRange(asked, shorter, '"2"'), 2],
  ["does not know If-Range", other, (asked) => wholeOrRange(unconditional(asked), other, '"2"'), 3],
  ["still calls it the same", longer, (asked) => wholeOrRange(unconditional(asked), longer), 3],
  ["has nothing more there", shorter, (asked) => wholeOrRange(unconditional(asked), shorter), 3],
])(
  "a file that changes in between is fetched from its beginning: a server that %s",
  async (_, file, answer, requests) => {
    await using upload = await setupFetch((asked, nth) =>
      nth === 1 ? { ...wholeOrRange(asked, film), cutAfter: 50_000 } : answer(asked),
    );
    await upload.next();
    await upload.next();
    expect(upload.asked()).toHaveLength(requests);
    expect(upload.asked()[1]?.from).toBe(50_000);
    expect(upload.original().equals(file)).toBeTrue();
    expect(await upload.found()).toMatchObject({ state: "handed_over", file_size: file.length });
  },
);

test("an error of the server in between loses nothing that was received", async () => {
  await using upload = await setupFetch((asked, nth) => {
    if (nth === 1) return { ...wholeOrRange(asked, film), cutAfter: 50_000 };
    return nth === 2 ? { status: 503, headers: { "content-length": 0 } } : wholeOrRange(asked, film);
  });
  await upload.next();
  await upload.next();
  expect(await upload.found()).toMatchObject({
    bytes_received: 50_000,
    fetch: "fetching",
    error: "127.0.0.1 answered 503 Service Unavailable",
  });
  await upload.next();
  expect(upload.asked()[2]?.from).toBe(50_000);
  expect(upload.original().equals(film)).toBeTrue();
});

test.each<[what: string, said: Said, error: string]>([
  ["is gone", { status: 404, headers: { "content-length": 0 } }, "answered 404 Not Found"],
  [
    "is a page",
    { headers: { "content-type": "text/html", "content-length": 4 }, body: "page" },
    "a page, not with a file",
  ],
  ["is larger than accepted", { headers: { "content-length": 2 ** 50 }, body: film }, "A file may have"],
  [
    "is somewhere private",
    { status: 307, headers: { location: "http://192.168.0.1/" } },
    "192.168.0.1 is not on the public",
  ],
])("a file that %s is given up at once, with the reason", async (_, said, error) => {
  await using upload = await setupFetch(() => said);
  await upload.next();
  expect(await upload.found()).toMatchObject({
    state: "receiving",
    fetch: "given_up",
    error: expect.stringContaining(error),
  });
  await upload.next();
  expect(upload.asked()).toHaveLength(1);
});

test("a fetch is given up when its host resolves to a private address later", async () => {
  const addresses = ["127.0.0.1", "10.0.0.1"];
  const remote = remoteSourcesOf(UploadConfig.parse({ UPLOAD_FROM_URL_ALLOW: "127.0.0.1" }));
  await using upload = setup(() => ({
    remote: remote && { ...remote, resolve: async () => [addresses.shift() ?? ""] },
  }));
  const { url, asked } = await serveFile(upload.world, (asked) => wholeOrRange(asked, film));
  const json = { url: url().replace("127.0.0.1", "films.example") };
  const { body } = await upload.send("POST /upload/from-url", { json });
  await tryDue(upload.deps);
  expect((await upload.send(`GET /upload/${body.upload_id}`)).body).toMatchObject({ fetch: "given_up" });
  expect(asked).toHaveLength(1);
});

test("a fetch without progress is retried with backoff, and given up in the end", async () => {
  await using upload = await setupFetch(() => ({ status: 500, headers: { "content-length": 0 } }));
  const { maxTries = 0 } = upload.deps.remote ?? {};
  const delays: number[] = [];
  for (let tries = 1; tries < maxTries; tries++) {
    await upload.next();
    delays.push((await upload.row()).nextTryAt - upload.world.clock.now());
    await tryDue(upload.deps);
    expect(upload.asked()).toHaveLength(tries);
  }
  expect(delays.slice(0, 7)).toEqual([2, 4, 8, 16, 32, 60, 60]);
  expect(await upload.found()).toMatchObject({
    fetch: "fetching",
    error: "127.0.0.1 answered 500 Internal Server Error",
  });
  await upload.next();
  expect(await upload.found()).toMatchObject({
    state: "receiving",
    fetch: "given_up",
    error: "Given up after 20 tries in a row: 127.0.0.1 answered 500 Internal Server Error",
  });
});

test("a fetch that always fails at the same offset, from a server without ranges, is given up, too", async () => {
  const remote = remoteSourcesOf(UploadConfig.parse({ UPLOAD_FROM_URL_ALLOW: "127.0.0.1" }));
  const large = Buffer.alloc(3 * 1024 ** 2, "film");
  const answer = () => ({ headers: { "content-length": large.length }, body: large, cutAfter: 2 * 1024 ** 2 });
  await using upload = await setupFetch(answer, () => ({ remote: remote && { ...remote, maxTries: 3 } }));
  for (let tries = 0; tries < 6; tries++) await upload.next();
  expect(await upload.found()).toMatchObject({ fetch: "given_up" });
  expect(upload.asked().length).toBeLessThanOrEqual(4);
});

test("a body that is longer than announced, or than is accepted, is never completed", async () => {
  const endless = { headers: { "transfer-encoding": "chunked" }, body: inPieces(film) };
  await using upload = await setupFetch(() => endless, withLimits({ maxFileBytes: film.length }));
  await upload.next();
  expect(upload.original().equals(film)).toBeTrue();
  await using limited = await setupFetch(() => endless);
  limited.deps.limits.maxFileBytes = film.length - 1;
  await limited.next();
  expect(await limited.found()).toMatchObject({ state: "receiving", fetch: "given_up" });
  await using beyond = await setupFetch(() => ({ headers: { "content-length": 5 }, body: film }));
  await beyond.next();
  expect(beyond.original()).toEqual(film.subarray(0, 5));
});

test("a body that is shorter than announced is never completed", async () => {
  const range = `bytes 0-9/${film.length}`;
  await using upload = await setupFetch(() => ({
    status: 206,
    headers: { "content-length": 10, "content-range": range },
    body: film.subarray(0, 10),
  }));
  await upload.next();
  expect(await upload.found()).toMatchObject({
    state: "receiving",
    bytes_received: 10,
    error: `127.0.0.1 ended after 10 of ${film.length} bytes`,
  });
});

test("a file that ended exactly where the connection was lost is complete", async () => {
  await using upload = await setupFetch((asked, nth) => {
    const pieces = inPieces(film);
    const chunked = {
      headers: { etag: '"1"', "transfer-encoding": "chunked" },
      body: pieces,
      cutAfter: pieces.length - 5,
    };
    return nth === 1 ? chunked : wholeOrRange(asked, film);
  });
  await upload.next();
  expect(await upload.found()).toMatchObject({ state: "receiving", bytes_received: film.length, file_size: null });
  await upload.next();
  expect(upload.asked()[1]?.from).toBe(film.length);
  expect(upload.original().equals(film)).toBeTrue();
});

test("an empty file is fetched", async () => {
  await using upload = setup();
  const { url } = await serveFile(upload.world, () => ({ headers: { "content-length": 0 } }));
  const { body } = await upload.send("POST /upload/from-url", { json: { url: url() } });
  await tryDue(upload.deps);
  expect((await upload.send(`GET /upload/${body.upload_id}`)).body).toMatchObject({
    state: "handed_over",
    bytes_received: 0,
  });
});

test("a fetch from a server that is too slow is postponed, and what was received counts", async () => {
  await using upload = await setupFetch(
    (asked, nth) => ({ ...wholeOrRange(asked, film), ...(nth === 1 ? { silentAfter: 50_000 } : {}) }),
    withLimits({ stallSeconds: 0.2 }),
  );
  await upload.next();
  expect(await upload.found()).toMatchObject({
    fetch: "fetching",
    bytes_received: 50_000,
    error: expect.stringContaining("0.2 s"),
  });
  await until("the connection is closed", () => !upload.isConnected());
  await upload.next();
  expect(upload.original().equals(film)).toBeTrue();
});

test("a delete cancels the fetch at once, and no file is left", async () => {
  await using upload = await setupFetch((asked) => ({ ...wholeOrRange(asked, film), silentAfter: 50_000 }));
  const fetching = upload.next();
  await until("it is being fetched", () => upload.asked().length === 1);
  expect((await upload.send(`DELETE /upload/${upload.id}`)).status).toBe(200);
  await fetching;
  await until("the connection is closed", () => !upload.isConnected());
  expect((await upload.send(`GET /upload/${upload.id}`)).status).toBe(404);
  expect(existsSync(upload.world.path("uploads", upload.id))).toBeFalse();
  expect(existsSync(upload.world.path("originals", upload.id))).toBeFalse();
});

test("a partly fetched file cannot be completed, and accepts no chunks", async () => {
  await using upload = await setupFetch((asked) => ({ ...wholeOrRange(asked, film), cutAfter: 50_000 }));
  await upload.next();
  expect(await upload.complete(upload.id)).toMatchObject({
    status: 409,
    body: { detail: "The file is still fetched from its address, 50000 bytes are here; it completes by itself" },
  });
  expect((await upload.chunk(upload.id, 0, "chunk")).status).toBe(409);
  expect((await upload.found()).state).toBe("receiving");
});

test("concurrent fetches are limited, and those that wait do not expire", async () => {
  await using upload = setup();
  const { deps, world } = upload;
  const server = await serveFile(world, (asked) => ({ ...wholeOrRange(asked, film), silentAfter: 50_000 }));
  const begin = async () =>
    (await upload.send("POST /upload/from-url", { json: { url: server.url() } })).body.upload_id;
  const ids: string[] = [await begin(), await begin(), await begin()];
  const running: Running = new Map();
  if (!deps.remote) throw new Error("It is on in tests");
  await startFetches(deps, deps.remote, running);
  await startFetches(deps, deps.remote, running);
  expect([...running.keys()].sort()).toEqual(ids.slice(0, 2).sort());
  const [first = "", , third = ""] = ids;
  world.clock.advance(deps.limits.idleSeconds - 1);
  await startFetches(deps, deps.remote, running);
  expect(expiresAt(await findUpload(deps, third), deps.limits)).toBe(world.clock.now() + deps.limits.idleSeconds);
  await upload.send(`DELETE /upload/${first}`);
  await until("there is room", () => !running.has(first));
  await startFetches(deps, deps.remote, running);
  expect([...running.keys()].sort()).toEqual(ids.slice(1).sort());
  for (const id of ids) await upload.send(`DELETE /upload/${id}`);
  await Promise.all(running.values());
});

test("a fetch that is given up is not retried, and expires", async () => {
  await using upload = await setupFetch(() => ({ status: 404, headers: { "content-length": 0 } }));
  await upload.next();
  const { updatedAt } = await upload.row();
  upload.world.clock.advance(upload.deps.limits.idleSeconds);
  await tryDue(upload.deps);
  expect((await upload.row()).updatedAt).toBe(updatedAt);
});

test("the log has the host of a URL, and neither its query nor its path", async () => {
  const lines: string[] = [];
  const log = createLog("test", "trace", { write: (line: string) => void lines.push(line) });
  await using upload = await setupFetch(
    (asked, nth) => ({ ...wholeOrRange(asked, film), ...(nth < 3 ? { cutAfter: 9 } : {}) }),
    () => ({ log }),
  );
  for (let tries = 0; tries < 3; tries++) await upload.next();
  expect((await upload.found()).state).toBe("handed_over");
  expect(lines.join("")).toContain('"host":"127.0.0.1"');
  expect(lines.join("")).not.toMatch(/secret|key=|\/film/);
});

test("kill -9 in the middle of a fetch loses nothing that is on the disk", async () => {
  await using world = createWorld();
  const large = Buffer.alloc(40 * 1024 ** 2, film);
  const server = await serveFile(world, (asked, nth) => ({
    ...wholeOrRange(asked, large),
    ...(nth === 2 ? { silentAfter: 36 * 1024 ** 2 } : {}),
  }));
  const allow = { UPLOAD_FROM_URL_ALLOW: "127.0.0.0/8" };
  const killed = await runService(world, undefined, allow);
  const form = new URLSearchParams({ url: server.url() });
  const begun = await fetch(`${killed.url}/upload/from-url`, { method: "POST", body: form });
  const { upload_id: id } = (await begun.json()) as { upload_id: string };
  const found = async ({ url }: ServiceProcess) =>
    (await (await fetch(`${url}/upload/${id}`)).json()) as { state: string; bytes_received: number };
  const received = await until("some of it is here", async () => {
    const { bytes_received } = await found(killed);
    return bytes_received >= 16 * 1024 ** 2 && bytes_received;
  });
  await killed.kill();
  const restarted = await runService(world, undefined, allow);
  await until("it is whole", async () => (await found(restarted)).state === "stored");
  expect(server.asked).toHaveLength(3);
  expect(server.asked[2]?.from).toBeGreaterThanOrEqual(received);
  expect(server.asked[2]?.headers["if-range"]).toBe('"1"');
  expect(readFileSync(world.path("originals", id, "film.mp4")).equals(large)).toBeTrue();
}, 60_000);

function without(headers: Said["headers"], name: string): NonNullable<Said["headers"]> {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([other]) => other !== name));
}

function inPieces(content: Uint8Array): Buffer {
  const half = Math.floor(content.length / 2);
  const parts = [content.subarray(0, half), content.subarray(half)];
  const said = parts.map((part) =>
    Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]),
  );
  return Buffer.concat([...said, Buffer.from("0\r\n\r\n")]);
}
