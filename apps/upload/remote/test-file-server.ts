/**
 * A server of one file for tests, on a socket of its own, that can do everything wrong: it says the bytes that the test
 * hands it, and holds or cuts the line where the test wants it.
 */
import { createServer, type Socket } from "node:net";
import type { World } from "@video-backend/testing";

export interface Asked {
  path: string;
  /** By lower-case name. */
  headers: Record<string, string>;
  /** Where the range that is asked for begins; null without one. */
  from: number | null;
}

export interface Said {
  status?: number;
  headers?: Record<string, string | number>;
  body?: string | Uint8Array;
  /** The line is cut after so many bytes of the body. */
  cutAfter?: number;
  /** The line stays open and silent after so many bytes of the body. */
  silentAfter?: number;
}

/** A server that answers each request, of which `asked` has the list, as the test says. */
export async function serveFile(world: World, answer: (asked: Asked, nth: number) => Said) {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.once("data", (head) => {
      const request = parseHead(String(head));
      asked.push(request);
      say(socket, answer(request, asked.length));
    });
  });
  world.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    asked,
    url: (path = "/film.mp4") => `http://127.0.0.1:${port}${path}`,
    /** True while a client is connected. */
    isConnected: () => [...sockets].some((socket) => !socket.destroyed),
  };
}

/** How a server that can do ranges answers for this content. */
export function wholeOrRange({ from, headers }: Asked, content: string | Uint8Array, etag = '"1"'): Said {
  const all = Buffer.from(content);
  const isSame = headers["if-range"] === undefined || headers["if-range"] === etag;
  if (from === null || !isSame) return { headers: { etag, "content-length": all.length }, body: all };
  if (from >= all.length)
    return { status: 416, headers: { "content-range": `bytes */${all.length}`, "content-length": 0 } };
  const range = `bytes ${from}-${all.length - 1}/${all.length}`;
  const rest = all.subarray(from);
  return { status: 206, headers: { etag, "content-range": range, "content-length": rest.length }, body: rest };
}

function parseHead(head: string): Asked {
  const [first = "", ...lines] = head.split("\r\n");
  const pairs = lines.filter((line) => line.includes(":")).map((line) => line.split(/:\s*/, 2) as [string, string]);
  const headers = Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  const [, from] = /^bytes=(\d+)-$/.exec(headers.range ?? "") ?? [];
  return { path: first.split(" ")[1] ?? "", headers, from: from === undefined ? null : Number(from) };
}

function say(socket: Socket, { status = 200, headers = {}, body = "", cutAfter, silentAfter }: Said): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} Said\r\n${lines.join("")}\r\n`);
  const bytes = Buffer.from(body);
  const said = bytes.subarray(0, cutAfter ?? silentAfter);
  if (silentAfter === undefined) socket.end(said);
  else socket.write(said);
}
