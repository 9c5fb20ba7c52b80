/** Forwarding over real sockets, where streams, lengths and connections are what they are in service. */
import { expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createWorld, transcript, type World } from "@video-backend/testing";
import { createAdminService } from "../service.ts";
import { connectServices } from "../services/connect-services.ts";
import { createTestAdmin } from "../testing.ts";

/** Admin on a socket, in front of an upload service that is `answer` alone. */
function setup(answer: (request: Request) => Response | Promise<Response>) {
  const world = createWorld();
  const upload = listen(world, answer);
  const { store } = createTestAdmin(world);
  const services = connectServices({ upload, transcoding: upload, metadata: upload, streaming: upload });
  const service = createAdminService({ store, services, log: world.log });
  const url = listen(world, (request) => service.fetch(request));
  return { url, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

function listen(world: World, fetch: (request: Request) => Response | Promise<Response>): string {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
  world.defer(() => server.stop(true));
  return `http://127.0.0.1:${server.port}`;
}

test("a body is on its way before all of it is there", async () => {
  const firstArrived = Promise.withResolvers<string>();
  await using admin = setup(async (request) => {
    const parts: string[] = [];
    for await (const part of request.body?.pipeThrough(new TextDecoderStream() as never) ?? []) {
      parts.push(part as unknown as string);
      firstArrived.resolve(parts.join(""));
    }
    return Response.json({ body: parts.join("") });
  });
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const init = { method: "POST", body: body.readable, duplex: "half" };
  const reply = fetch(`${admin.url}/upload/chunk`, init as RequestInit);
  await writer.write(new TextEncoder().encode("first "));
  expect(await firstArrived.promise).toBe("first ");
  await writer.write(new TextEncoder().encode("second"));
  await writer.close();
  expect(await (await reply).json()).toEqual({ body: "first second" });
});

test("an answer is on its way before all of it is there", async () => {
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  await using admin = setup(() => new Response(body.readable));
  void writer.write(new TextEncoder().encode("first "));
  const reply = await fetch(`${admin.url}/speedtest`);
  const reader = reply.body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("first ");
  await writer.close();
  expect((await reader?.read())?.done).toBe(true);
});

test("the length goes through, and what is for one hop only does not", async () => {
  const seen = Promise.withResolvers<Headers>();
  await using admin = setup((request) => {
    seen.resolve(new Headers(request.headers));
    return new Response("answer", { status: 201, headers: { "keep-alive": "timeout=9", "x-kept": "yes" } });
  });
  const reply = await fetch(`${admin.url}/upload/init?a=1`, {
    method: "POST",
    body: "12345",
    headers: {
      connection: "close, x-secret",
      "x-secret": "hop",
      te: "trailers",
      "x-kept": "yes",
      "x-request-id": "me",
    },
  });
  expect(reply.status).toBe(201);
  expect(await reply.text()).toBe("answer");
  expect(reply.headers.get("x-kept")).toBe("yes");
  expect(reply.headers.get("keep-alive")).toBeNull();
  const headers = await seen.promise;
  expect(headers.get("content-length")).toBe("5");
  expect(headers.get("x-kept")).toBe("yes");
  expect(headers.get("x-request-id")).toBe("me");
  for (const name of ["x-secret", "te"]) expect(headers.get(name)).toBeNull();
});

test("an upload that answers before it has read all is heard", async () => {
  await using admin = setup(() => Response.json({ detail: "No room left" }, { status: 507 }));
  const reply = await fetch(`${admin.url}/upload/chunk`, { method: "POST", body: new Uint8Array(8 * 1024 * 1024) });
  expect(reply.status).toBe(507);
});

test("an upload that hangs up is unavailable", async () => {
  const world = createWorld();
  await using _ = world;
  const dead = createServer((request) => request.socket.destroy());
  await new Promise<void>((resolve) => dead.listen(0, "127.0.0.1", resolve));
  world.defer(() => dead.close());
  const url = `http://127.0.0.1:${(dead.address() as AddressInfo).port}`;
  const services = connectServices({ upload: url, transcoding: url, metadata: url, streaming: url });
  const service = createAdminService({ store: createTestAdmin(world).store, services, log: world.log });
  const reply = await service.fetch(new Request("http://service.test/upload/init", { method: "POST", body: "x" }));
  expect(reply.status).toBe(503);
  expect((await reply.json()).detail).toStartWith("Upload service unavailable: ");
});

test("a connection that is cut is tried once more where that changes nothing, and a body is sent once", async () => {
  await using world = createWorld();
  const admin = createTestAdmin(world);
  const send = transcript(admin.service);
  let cuts = 1;
  admin.bringBack("metadata", () => {
    if (cuts-- > 0) throw new Error("connection reset");
    return Response.json({ hash: "film" });
  });
  expect((await send("GET /videos/film")).body).toEqual({ hash: "film" });
  cuts = 2;
  expect((await send("GET /videos/film")).body.detail).toBe("Metadata service unavailable: connection reset");
  cuts = 1;
  expect((await send("PUT /videos/film/captions/en", { body: "WEBVTT" })).status).toBe(503);
});
