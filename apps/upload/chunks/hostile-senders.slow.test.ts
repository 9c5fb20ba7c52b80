/**
 * Senders that break off, lie about lengths, stop in the middle or come twice, on a real socket. Whatever they do: a clear
 * status where anybody still listens, no partial chunk taken for a whole one, an upload that goes on, and nothing left
 * behind in the end.
 */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { connectRaw, type RawConnection, until } from "@video-backend/testing";
import { openSourceDirectory } from "../sources/source-directory.ts";
import { setup } from "../test-setup.ts";
import { expireUploads } from "../uploads/delete-upload.ts";

const chunkBytes = 10;
const contents = ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"];
const [, second = ""] = contents;

const sizes = { chunk_size: chunkBytes, file_size: 3 * chunkBytes };

/** The service on a port, and an upload of three chunks whose first is here. */
async function setupOnPort(declared: Partial<typeof sizes> = sizes) {
  const upload = setup((_, { limits }) => ({ limits: { ...limits, stallSeconds: 0.2 } }));
  const { world } = upload;
  let arrived = 0;
  let answered = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 120,
    development: false,
    async fetch(request) {
      arrived++;
      try {
        return await upload.service.fetch(request);
      } finally {
        answered++;
      }
    },
  });
  world.defer(() => server.stop(true));
  const id = await upload.init(3, declared);
  const put = (index: number) =>
    upload.send(`PUT /upload/${id}/chunks/${index}`, {
      body: contents[index] ?? "",
      headers: { "content-length": "10" },
    });
  await put(0);

  return {
    ...upload,
    id,
    connect: () => connectRaw(server.port ?? 0),
    /** Sends what has a whole head, and resolves when it is being answered. */
    async deliver(connection: RawConnection, text: string) {
      const before = arrived;
      connection.send(text);
      if (text.includes("\r\n\r\n")) await until("the request is there", () => arrived > before);
    },
    received: async () => (await upload.send(`GET /upload/${id}`)).body.received as number[],
    /** Resolves when the service has done with every request. */
    settled: () => until("all requests are answered", () => answered === arrived),
    files: () => filesIn(world.path("uploads", id)),
    /** What is missing is sent as it should be, and the file is what it should be. */
    async goOn() {
      for (const index of [1, 2]) expect((await put(index)).status).toBe(200);
      expect((await upload.complete(id)).status).toBe(200);
      expect(readFileSync(world.path("originals", id, "film.mp4"), "utf8")).toBe(contents.join(""));
    },
  };
}

const filesIn = (path: string): string => (existsSync(path) ? readdirSync(path).sort().join(" ") : "");

const lines = (...text: string[]) => text.join("\r\n");
const part = (name: string, value: string) =>
  lines("--edge", `content-disposition: form-data; name="${name}"`, "", `${value}\r\n`);
const filePart = lines("--edge", 'content-disposition: form-data; name="file"; filename="blob"', "", "");
const formEnd = lines("", "--edge--", "");

type Case = [what: string, request: (id: string) => string, expected: number];

/** A chunk as a raw body, with this length or these header lines. */
const raw =
  (length: number | string, body: string, index: number | string = 1) =>
  (id: string) =>
    lines(
      `PUT /upload/${id}/chunks/${index} HTTP/1.1`,
      "Host: a",
      typeof length === "number" ? `Content-Length: ${length}` : length,
      "",
      body,
    );
const chunked = "Transfer-Encoding: chunked";

/** A chunk as a form, cut off after `sent`; without `sent` it is whole. */
const form =
  (file: string, sent?: (whole: string) => string, index: number | string = 1) =>
  (id: string) => {
    const whole = part("upload_id", id) + part("index", String(index)) + filePart + file + formEnd;
    return lines(
      "POST /upload/chunk HTTP/1.1",
      "Host: a",
      "Content-Type: multipart/form-data; boundary=edge",
      `Content-Length: ${whole.length}`,
      "",
      sent ? sent(whole) : whole,
    );
  };
const before = (text: string) => (whole: string) => whole.slice(0, whole.indexOf(text));

const cutOff: [what: string, request: (id: string) => string][] = [
  ["in its head", (id) => `PUT /upload/${id}/chu`],
  ["before its body", raw(chunkBytes, "")],
  ["in its body", raw(chunkBytes, "bbbbb")],
  ["in a piece of its chunked body", raw(chunked, "a\r\nbbbbb")],
  ["between two pieces of its chunked body", raw(chunked, "5\r\nbbbbb\r\n")],
  ["before the end of its chunked body", raw(chunked, "a\r\nbbbbbbbbbb\r\n")],
  ["in the fields of its form", form(second, before('name="index"'))],
  ["before the file of its form", form(second, before("bbbbbbbbbb"))],
  ["in the file of its form", form(second, before("bbbbb\r\n"))],
  ["before the closing boundary of its form", form(second, before("--edge--"))],
];
test.each(cutOff)("a chunk that is cut off %s never counts, and the upload continues", async (_, request) => {
  // Without declared sizes nothing but the end of its body tells a whole chunk.
  await using upload = await setupOnPort({});
  for (const goodbye of ["close", "reset", "end"] as const) {
    const connection = await upload.connect();
    await upload.deliver(connection, request(upload.id));
    connection[goodbye]();
    if (goodbye === "end") expect([null, 400]).toContain((await connection.closed()).status);
    await upload.settled();
    expect(await upload.received()).toEqual([0]);
    expect(upload.files()).toBe("source");
  }
  await upload.goOn();
});

const refused: Case[] = [
  ["shorter than a chunk", raw(5, "bbbbb"), 422],
  ["longer than a chunk", raw(11, "bbbbbbbbbbb"), 422],
  ["much longer, and refused before it comes", raw(10_000_000, "b"), 422],
  ["beyond any number", raw(`Content-Length: ${"9".repeat(30)}`, second), 400],
  ["negative", raw("Content-Length: -1", second), 400],
  ["in words", raw("Content-Length: ten", second), 400],
  ["two that differ", raw("Content-Length: 10\r\nContent-Length: 5", second), 400],
  ["a length and pieces", raw(`Content-Length: 10\r\n${chunked}`, "a\r\nbbbbbbbbbb\r\n0\r\n\r\n"), 400],
  ["pieces that are too short", raw(chunked, "5\r\nbbbbb\r\n0\r\n\r\n"), 422],
  ["pieces that are too long", raw(chunked, "a\r\nbbbbbbbbbb\r\n1\r\nb\r\n0\r\n\r\n"), 422],
  ["a piece whose size is no number", raw(chunked, "5\r\nbbbbb\r\nzz\r\n"), 400],
  ["a form whose file is too short", form("bbbbb"), 422],
  ["a form whose file is too long", form("bbbbbbbbbbb"), 422],
  ["a chunk of no bytes", raw(0, ""), 422],
  ["a chunk without a body", raw("Accept: */*", ""), 422],
  ["a form whose file has no bytes", form(""), 422],
  ["an index beyond the last", raw(chunkBytes, second, 3), 422],
  ["an index beyond any", raw(chunkBytes, second, "99999999999"), 400],
  ["a negative index", raw(chunkBytes, second, -1), 400],
  ["an index in words", raw(chunkBytes, second, "one"), 400],
  ["an index that is a path", raw(chunkBytes, second, "..%2f..%2fx"), 400],
  ["an index beyond the last in a form", form(second, undefined, 3), 422],
  ["a negative index in a form", form(second, undefined, -1), 422],
];

test.each(refused)("invalid: %s; the error says so, and the upload continues", async (_, request, status) => {
  await using upload = await setupOnPort();
  const connection = await upload.connect();
  connection.send(request(upload.id));
  expect((await connection.answer()).status).toBe(status);
  connection.close();
  await upload.settled();
  expect(await upload.received()).toEqual([0]);
  expect(upload.files()).toBe("source");
  await upload.goOn();
});

const stalled: [what: string, request: (id: string) => string][] = [
  ["before its body", raw(chunkBytes, "")],
  ["in its body", raw(chunkBytes, "bbb")],
  ["in its chunked body", raw(chunked, "5\r\nbbbbb\r\n")],
  ["in the fields of its form", form(second, before('name="index"'))],
  ["in the file of its form", form(second, before("bbbbb\r\n"))],
  ["before the closing boundary of its form", form(second, before("--edge--"))],
];

test.each(stalled)(
  "a sender that stops %s is answered 408 and disconnected, and the upload continues",
  async (_, request) => {
    await using upload = await setupOnPort({});
    const connection = await upload.connect();
    connection.send(request(upload.id));
    const answer = await connection.closed();
    expect(answer.status).toBe(408);
    expect(answer.head.toLowerCase()).toContain("connection: close");
    expect(answer.body).toContain("Send this part again");
    await upload.settled();
    expect(await upload.received()).toEqual([0]);
    expect(upload.files()).toBe("source");
    await upload.goOn();
  },
);

test("a sender that is too slow is answered 408, too", async () => {
  await using upload = await setupOnPort({});
  const connection = await upload.connect();
  connection.send(raw(1_000_000, "b")(upload.id));
  const drip = setInterval(() => connection.send("b"), 20);
  try {
    expect((await connection.closed()).status).toBe(408);
  } finally {
    clearInterval(drip);
  }
  expect(await upload.received()).toEqual([0]);
  await upload.goOn();
});

const races: [what: string, older: "goes on" | "breaks off", newer: "goes on" | "breaks off", kept: string][] = [
  ["the newer wins", "goes on", "goes on", "BBBBBBBBBB"],
  ["the newer wins though the older breaks off", "breaks off", "goes on", "BBBBBBBBBB"],
  ["the older counts when the newer breaks off", "goes on", "breaks off", "bbbbbbbbbb"],
];

test.each(races)("the same chunk from two concurrent senders: %s", async (_, older, newer, kept) => {
  await using upload = await setupOnPort();
  const [one, two] = [await upload.connect(), await upload.connect()];
  const source = upload.world.path("uploads", upload.id, "source");
  one.send(raw(chunkBytes, "bbbbb")(upload.id));
  await until("half of the older is here", () => readFileSync(source, "utf8").endsWith("bbbbb"));
  two.send(raw(chunkBytes, "BBBBB")(upload.id));
  const incoming = upload.world.path("uploads", ".incoming");
  await until("the newer waits beside it", () => filesIn(incoming) !== "");
  if (newer === "breaks off") two.close();
  else {
    two.send("BBBBB");
    expect((await two.answer()).status).toBe(200);
  }
  if (older === "breaks off") one.close();
  else {
    one.send("bbbbb");
    expect((await one.answer()).status).toBe(200);
  }
  await upload.settled();
  expect(await upload.received()).toEqual([0, 1]);
  expect(readFileSync(source, "utf8").slice(10)).toBe(kept);
});

const json = (line: string, text: string, length = text.length) =>
  lines(`${line} HTTP/1.1`, "Host: a", "Content-Type: application/json", `Content-Length: ${length}`, "", text);

const leaves: [what: string, request: (id: string) => string][] = [
  ["init", () => json("POST /upload/init", '{"filename":', 99)],
  ["a chunk", raw(chunkBytes, second)],
  ["complete", (id) => json("POST /upload/complete", JSON.stringify({ upload_id: id }))],
  ["a question", (id) => lines(`GET /upload/${id} HTTP/1.1`, "Host: a", "", "")],
];

test.each(["/upload/init", "/upload/complete", "/upload/janitor"])(
  "%s waits for nobody who stops either",
  async (path) => {
    await using upload = await setupOnPort();
    const connection = await upload.connect();
    connection.send(json(`POST ${path}`, '{"filename":', 99));
    const answer = await connection.closed();
    expect(answer.status).toBe(408);
  },
);

test.each(leaves)("a client that disconnects before the answer to %s loses nothing", async (_, request) => {
  await using upload = await setupOnPort();
  for (const goodbye of ["close", "reset"] as const) {
    const connection = await upload.connect();
    await upload.deliver(connection, request(upload.id));
    connection[goodbye]();
    await upload.settled();
  }
  expect((await upload.received()).filter((index) => index !== 1)).toEqual([0]);
  await upload.goOn();
});

test("complete finishes after its client has disconnected", async () => {
  await using upload = await setupOnPort();
  for (const index of [1, 2]) {
    const connection = await upload.connect();
    connection.send(raw(chunkBytes, contents[index] ?? "", index)(upload.id));
    expect((await connection.answer()).status).toBe(200);
  }
  const connection = await upload.connect();
  connection.send(json("POST /upload/complete", JSON.stringify({ upload_id: upload.id })));
  await until("it has begun", () => upload.deps.active.isHeld(upload.id) || upload.starts.length > 0);
  connection.reset();
  await until("it is handed over", () => upload.starts.length === 1);
  await upload.settled();
  expect((await upload.complete(upload.id)).status).toBe(200);
  expect(upload.starts).toHaveLength(1);
});

test("empty files are completed as empty files", async () => {
  await using upload = await setupOnPort();
  for (const [totalChunks, declared] of [
    [1, { file_size: 0 }],
    [1, {}],
    [3, {}],
  ] as const) {
    const id = await upload.init(totalChunks, declared);
    expect((await upload.complete(id)).status).toBe(400);
    for (let index = 0; index < totalChunks; index++) {
      const connection = await upload.connect();
      connection.send(raw(0, "", index)(id));
      expect((await connection.answer()).status).toBe(200);
      connection.close();
    }
    expect((await upload.complete(id)).status).toBe(200);
    expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe("");
  }
});

test("after all of these, and after expiry, no file is left", async () => {
  await using upload = await setupOnPort();
  for (const [, request] of cutOff) {
    const connection = await upload.connect();
    await upload.deliver(connection, request(upload.id));
    connection.reset();
  }
  for (const [, request] of [...refused, ...stalled]) {
    const connection = await upload.connect();
    connection.send(request(upload.id));
    await connection.answer();
    connection.close();
  }
  await upload.settled();
  expect(readdirSync(upload.world.path("uploads")).sort()).toEqual([".incoming", upload.id].sort());
  upload.world.clock.advance(upload.deps.limits.idleSeconds);
  await expireUploads(upload.deps, new AbortController().signal);
  const left = readdirSync(upload.world.directory, { recursive: true }).filter((name) => !String(name).includes(".db"));
  expect(left.sort()).toEqual(["uploads", "uploads/.incoming"]);
  const { chunks } = upload.deps.database.$client.query("select count(*) as chunks from chunks").get() as {
    chunks: number;
  };
  expect(chunks).toBe(0);
});

test("many chunks, the first in order and the others in any order, become their file", async () => {
  const total = 2000;
  await using upload = setup((directory) => ({ sources: openSourceDirectory(`${directory}/uploads`, "never") }));
  const id = await upload.init(total);
  const text = (index: number) => String(index % 1000).padStart(3, "0");
  // 7919 has no divisor in common with 1600.
  const order = (n: number) => (n < 400 ? n : 400 + (((n - 400) * 7919) % 1600));
  const statuses = new Set<number>();
  for (let n = 0; n < total; n++) {
    const index = order(n);
    const request = new Request(`http://upload.test/upload/${id}/chunks/${index}`, {
      method: "PUT",
      body: text(index),
    });
    statuses.add((await upload.service.fetch(request)).status);
  }
  expect([...statuses]).toEqual([200]);
  expect((await upload.complete(id)).status).toBe(200);
  const whole = Array.from({ length: total }, (_, index) => text(index)).join("");
  expect(readFileSync(upload.world.path("originals", id, "film.mp4"), "utf8")).toBe(whole);
}, 60_000);

const costs: [what: string, declared: Record<string, number>, ahead: number][] = [
  ["in order", {}, 0],
  ["in order, with declared sizes", { chunk_size: 3, file_size: 300_000 }, 0],
  ["that has to wait", {}, 5000],
];

test.each(costs)(
  "a chunk %s costs no more when 90,000 are here",
  async (_, declared, ahead) => {
    const [here, chunks] = [90_000, 150];
    await using upload = setup((directory) => ({ sources: openSourceDirectory(`${directory}/uploads`, "never") }));
    /** Milliseconds of the processor, for these chunks of a new upload. */
    async function cost(first: number): Promise<number> {
      const id = await upload.init(100_000, declared);
      upload.deps.database.$client.run(
        `with recursive n(i) as (select 0 where ?2 > 0 union all select i + 1 from n where i + 1 < ?2)
       insert into chunks (upload_id, "index", offset_bytes, size_bytes, received_at) select ?1, i, i * 3, 3, 1 from n`,
        [id, first],
      );
      upload.deps.database.$client.run("update uploads set received_bytes = ?2 where id = ?1", [id, first * 3]);
      truncateSync(upload.world.path("uploads", id, "source"), first * 3);
      const before = process.cpuUsage();
      for (let index = first + ahead; index < first + ahead + chunks; index++) {
        const url = `http://upload.test/upload/${id}/chunks/${index}`;
        const { status } = await upload.service.fetch(new Request(url, { method: "PUT", body: "abc" }));
        expect(status).toBe(200);
      }
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    }
    await cost(0);
    const ofFirst = await cost(0);
    expect(await cost(here)).toBeLessThan(5 * ofFirst);
  },
  60_000,
);
