import { describe, expect, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { createWorld, type World } from "@video-backend/testing";
import type { Resolve } from "./addresses.ts";
import { parseAllowedTargets } from "./addresses.ts";
import type { RequestRules } from "./open-remote.ts";
import { openRemote } from "./open-remote.ts";
import { parseRemoteUrl } from "./remote-url.ts";

const never = new AbortController().signal;
const loopback: Resolve = async () => ["127.0.0.1"];

function setup() {
  const world = createWorld();
  const rules: RequestRules = {
    resolve: loopback,
    allowed: parseAllowedTargets("127.0.0.0/8"),
    allowSetting: "ALLOW",
    ownAddresses: () => [],
    answerSeconds: 20,
  };
  /** What it answered, or the error that it ended with. */
  async function open(url: string, other: Partial<RequestRules> = {}, headers = {}) {
    try {
      using answer = await openRemote({ ...rules, ...other }, parseRemoteUrl(url), headers, never);
      const parts: Uint8Array[] = [];
      for await (const part of answer.body) parts.push(part);
      return {
        url: answer.url.href,
        status: answer.status,
        headers: answer.headers,
        body: String(Buffer.concat(parts)),
      };
    } catch (error) {
      return { code: (error as { code?: string }).code, message: (error as Error).message };
    }
  }
  return { world, rules, open, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

function listen(world: World, answer: (request: Request) => Response, tls?: { cert: string; key: string }): number {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer, ...(tls ? { tls } : {}) });
  world.defer(() => server.stop(true));
  return server.port ?? 0;
}

/** A server that says these very bytes, whatever it is asked. */
async function say(world: World, speak: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.once("data", () => speak(socket));
  });
  world.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as { port: number }).port;
}

describe("the name and the connection", () => {
  test("the name is in the request, and is resolved once: a second answer is nobody's to see", async () => {
    await using remote = setup();
    const port = listen(remote.world, (request) => new Response(request.headers.get("host")));
    const answers = [["127.0.0.1"], ["127.0.0.2"], ["10.0.0.1"]];
    let asked = 0;
    const resolve: Resolve = async () => answers[asked++] ?? [];
    const reply = await remote.open(`http://films.example:${port}/a?b=c#d`, { resolve });
    expect(reply).toMatchObject({
      status: 200,
      body: `films.example:${port}`,
      url: `http://films.example:${port}/a?b=c`,
    });
    expect(asked).toBe(1);
  });

  test("the next address is tried when one does not answer", async () => {
    await using remote = setup();
    const port = listen(remote.world, () => new Response("there"));
    const resolve: Resolve = async () => ["127.0.0.9", "127.0.0.1"];
    expect(await remote.open(`http://films.example:${port}/`, { resolve })).toMatchObject({ body: "there" });
    const nobody = await remote.open("http://films.example:1/", { resolve });
    expect(nobody).toMatchObject({ code: "source_unreachable" });
    expect(nobody.message).toStartWith("films.example cannot be connected to: ");
  });

  test.if(Bun.which("openssl") !== null)(
    "a certificate has to be that of the name, by an authority that is known",
    async () => {
      await using remote = setup();
      const tls = await makeCertificate(remote.world);
      const port = listen(remote.world, (request) => new Response(request.url), tls);
      const url = `https://films.example:${port}/a`;
      expect(await remote.open(url, { ca: tls.cert })).toMatchObject({ status: 200, body: url });
      expect(await remote.open(`https://127.0.0.1:${port}/`, { ca: tls.cert })).toMatchObject({ status: 200 });
      for (const [other, ca] of [
        [`https://other.example:${port}/a`, tls.cert],
        [`https://127.0.0.2:${port}/a`, tls.cert],
        [url, undefined],
      ] as const) {
        const resolve: Resolve = async () => ["127.0.0.1"];
        expect(await remote.open(other, { resolve, ...(ca ? { ca } : {}) })).toMatchObject({
          code: "source_unreachable",
        });
      }
    },
  );

  test("nothing is asked for that would come encoded, and no credentials are sent", async () => {
    await using remote = setup();
    const port = listen(remote.world, (request) => Response.json([...request.headers.keys()]));
    const reply = await remote.open(`http://films.example:${port}/`, {}, { range: "bytes=5-" });
    expect(JSON.parse(reply.body ?? "").sort()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "host",
      "range",
      "user-agent",
    ]);
  });
});

describe("redirects", () => {
  const to = (location: string, status = 302) => new Response("elsewhere", { status, headers: { location } });

  test("are followed, relative ones too, and the address says where they led", async () => {
    await using remote = setup();
    const port = listen(remote.world, (request) => {
      const { pathname } = new URL(request.url);
      const status = { "/a": 301, "/b": 302, "/c": 303, "/d": 307, "/e": 308 }[pathname];
      return status ? to(String.fromCharCode(pathname.charCodeAt(1) + 1), status) : new Response("here");
    });
    expect(await remote.open(`http://films.example:${port}/a`)).toMatchObject({
      status: 200,
      body: "here",
      url: `http://films.example:${port}/f`,
    });
  });

  test.each([
    ["http://10.0.0.1/", "forbidden"],
    ["http://169.254.169.254/latest/meta-data/", "forbidden"],
    ["http://[::1]:8003/videos", "forbidden"],
    ["http://2130706434/", "forbidden"],
    ["http://inside.example/", "forbidden"],
    ["http://me:secret@127.0.0.1/", "invalid_request"],
    ["file:///etc/passwd", "invalid_request"],
    ["ftp://127.0.0.1/", "invalid_request"],
  ])("to %s are not followed", async (location, code) => {
    await using remote = setup();
    const port = listen(remote.world, () => to(location));
    const resolve: Resolve = async (host) => [host === "inside.example" ? "10.0.0.1" : "127.0.0.1"];
    const allowed = parseAllowedTargets("127.0.0.1");
    expect(await remote.open(`http://films.example:${port}/`, { resolve, allowed })).toMatchObject({ code });
  });

  test("that go round in circles, or nowhere, are given up", async () => {
    await using remote = setup();
    let asked = 0;
    const port = listen(remote.world, () => {
      asked++;
      return to("/again");
    });
    expect(await remote.open(`http://films.example:${port}/`)).toMatchObject({ code: "invalid_request" });
    expect(asked).toBe(6);
    const nowhere = listen(remote.world, () => new Response(null, { status: 302 }));
    expect(await remote.open(`http://films.example:${nowhere}/`)).toMatchObject({ code: "invalid_request" });
  });

  test.if(Bun.which("openssl") !== null)("from https to http are not followed", async () => {
    await using remote = setup();
    const tls = await makeCertificate(remote.world);
    const plain = listen(remote.world, () => new Response("plain"));
    const port = listen(remote.world, () => to(`http://films.example:${plain}/`), tls);
    const reply = await remote.open(`https://films.example:${port}/`, { ca: tls.cert });
    expect(reply).toMatchObject({ code: "forbidden", message: expect.stringContaining("from https to http") });
  });
});

describe("a server that", () => {
  const head = "HTTP/1.1 200 OK\r\n";

  test.each<[string, (socket: Socket) => void]>([
    ["hangs up", (socket) => socket.end()],
    ["speaks something else", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")],
    ["changes the protocol", (socket) => socket.end("HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n")],
    ["has two lengths", (socket) => socket.end(`${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`)],
    [
      "has length and chunks",
      (socket) => socket.end(`${head}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    ],
    ["has a head without end", (socket) => socket.end(`${head}${"x-a: b\r\n".repeat(9000)}`)],
  ])("%s is told as such", async (_, speak) => {
    await using remote = setup();
    const port = await say(remote.world, speak);
    const reply = await remote.open(`http://films.example:${port}/`);
    expect(reply).toMatchObject({
      code: "source_unreachable",
      message: expect.stringContaining("films.example gave no answer"),
    });
  });

  test("breaks off in the middle ends in an error, and never in a shorter file", async () => {
    await using remote = setup();
    for (const half of [
      `${head}content-length: 50\r\n\r\nhalf`,
      `${head}transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n`,
    ]) {
      const port = await say(remote.world, (socket) => socket.end(half));
      expect(await remote.open(`http://films.example:${port}/`)).toMatchObject({
        code: "source_unreachable",
        message: expect.stringContaining("films.example broke off"),
      });
    }
  });

  test("breaks off is heard to the last byte that it said, however slowly that is read", async () => {
    await using remote = setup();
    const said = Buffer.alloc(300_000, "said");
    const port = await say(remote.world, (socket) => {
      socket.write(`${head}content-length: 400000\r\n\r\n`);
      socket.end(said);
    });
    using answer = await openRemote(remote.rules, parseRemoteUrl(`http://films.example:${port}/`), {}, never);
    let heardBytes = 0;
    const hear = async () => {
      for await (const part of answer.body) {
        await new Promise(setImmediate);
        heardBytes += part.length;
      }
    };
    expect(await hear().catch((error: Error) => error.message)).toContain("films.example broke off");
    expect(heardBytes).toBe(said.length);
  });

  test("does not answer is given up after a while", async () => {
    await using remote = setup();
    const port = await say(remote.world, (socket) => socket.write(head));
    expect(await remote.open(`http://films.example:${port}/`, { answerSeconds: 0.2 })).toMatchObject({
      code: "source_unreachable",
      message: "films.example did not answer within 0.2 s",
    });
    const resolve: Resolve = () => new Promise(() => {});
    expect(await remote.open("http://films.example/", { resolve, answerSeconds: 0.2 })).toMatchObject({
      message: "films.example did not answer within 0.2 s",
    });
  });
});

/** For films.example and 127.0.0.1, signed by itself. */
async function makeCertificate(world: World): Promise<{ cert: string; key: string }> {
  const [cert, key] = [world.path("cert.pem"), world.path("key.pem")];
  const names = "subjectAltName=DNS:films.example,IP:127.0.0.1";
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  const command = [
    "openssl",
    "req",
    ...kind,
    "-subj",
    "/CN=films.example",
    "-addext",
    names,
    "-keyout",
    key,
    "-out",
    cert,
  ];
  const made = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  expect(await made.exited).toBe(0);
  return { cert: await Bun.file(cert).text(), key: await Bun.file(key).text() };
}
