import { expect, test } from "bun:test";
import { createService } from "./create-service.ts";
import { eventStream, followEvents, type ServerEvent } from "./events.ts";
import { createLog } from "./log.ts";
import { createRouter } from "./router.ts";

const log = createLog("test", "silent");
const event = (id: number): ServerEvent => ({ id: String(id), event: "counted", data: { number: id } });

/** A service whose `/events` are what `events` yields after the given id. */
function setup(events: (after: number, signal: AbortSignal) => AsyncIterable<ServerEvent>) {
  const routes = createRouter();
  const asked: (string | undefined)[] = [];
  routes.get("/events", (c) => {
    const after = c.req.header("last-event-id");
    asked.push(after);
    return eventStream(c, (signal) => events(Number(after ?? 0), signal));
  });
  const about = { name: "test_service", title: "Test", description: "Test", log, checks: {} };
  return { service: createService(about, routes), asked };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });

test("a follower that loses the stream takes up after the last event it saw", async () => {
  // Two events a connection, then the stream ends, as at a restart.
  const { service, asked } = setup(async function* (after) {
    yield event(after + 1);
    yield event(after + 2);
  });
  const stop = new AbortController();
  const seen: unknown[] = [];
  let connections = 0;
  await followEvents({
    url: "http://service.test/events",
    signal: stop.signal,
    log,
    retrySeconds: 0,
    fetch: (request) => service.fetch(request),
    onConnect: () => void connections++,
    onEvent: ({ event, data }) => {
      seen.push([event, JSON.parse(data)]);
      if (seen.length === 5) stop.abort();
    },
  });
  expect(seen).toEqual([1, 2, 3, 4, 5].map((number) => ["counted", { number }]));
  expect(asked).toEqual([undefined, "2", "4"]);
  expect(connections).toBe(3);
});

test("a follower outlives a sender that is away, and one that refuses", async () => {
  const { service } = setup(async function* () {
    yield event(1);
  });
  const stop = new AbortController();
  let tries = 0;
  await followEvents({
    url: "http://service.test/events",
    signal: stop.signal,
    log,
    retrySeconds: 0,
    fetch: (request) => {
      tries++;
      if (tries === 1) throw new Error("connection refused");
      if (tries === 2) return new Response("no", { status: 503 });
      return service.fetch(request);
    },
    onEvent: () => stop.abort(),
  });
  expect(tries).toBe(3);
});

test("an event that could not be handled is told again", async () => {
  const { service } = setup(async function* (after) {
    yield event(after + 1);
  });
  const stop = new AbortController();
  const seen: (string | undefined)[] = [];
  await followEvents({
    url: "http://service.test/events",
    signal: stop.signal,
    log,
    retrySeconds: 0,
    fetch: (request) => service.fetch(request),
    onEvent: ({ id }) => {
      seen.push(id);
      if (seen.length === 1) throw new Error("not now");
      stop.abort();
    },
  });
  expect(seen).toEqual(["1", "1"]);
});

test("a client that leaves ends the source", async () => {
  const ended = Promise.withResolvers<void>();
  const { service } = setup(async function* (_after, signal) {
    yield event(1);
    await untilAborted(signal);
    ended.resolve();
  });
  const response = await service.fetch(new Request("http://service.test/events"));
  expect(response.headers.get("content-type")).toStartWith("text/event-stream");
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await ended.promise;
});

test("a service that drains ends its streams, and was asked to bear their silence", async () => {
  const { service } = setup(async function* (_after, signal) {
    yield event(1);
    await untilAborted(signal);
  });
  const draining = new AbortController();
  let keptOpen = 0;
  const bindings = { draining: draining.signal, keepOpen: () => void keptOpen++ };
  const response = await service.fetch(new Request("http://service.test/events"), bindings);
  draining.abort();
  expect(await response.text()).toContain('data: {"number":1}');
  expect(keptOpen).toBe(1);
});

test("an event that can never be handled is skipped, and the ones behind it are seen", async () => {
  const { service } = setup(async function* (after) {
    for (let id = after + 1; id <= 3; id++) yield event(id);
  });
  const stop = new AbortController();
  const lines: Record<string, unknown>[] = [];
  const seen: (string | undefined)[] = [];
  await followEvents({
    url: "http://service.test/events",
    signal: stop.signal,
    log: createLog("test", "warn", { write: (line: string) => void lines.push(JSON.parse(line)) }),
    retrySeconds: 0,
    fetch: (request) => service.fetch(request),
    onEvent: ({ id }) => {
      seen.push(id);
      if (id === "1") throw new Error("never");
      if (id === "3") stop.abort();
    },
  });
  expect(seen).toEqual(["1", "1", "1", "2", "3"]);
  const told = lines.filter(({ id }) => id === "1");
  expect(told.map(({ times, level }) => [times, level])).toEqual([
    [1, 40],
    [2, 40],
    [3, 50],
  ]);
});

test("a connection that is silent, before or after its head, is given up for another", async () => {
  const { service } = setup(async function* () {
    yield event(1);
  });
  const stop = new AbortController();
  let tries = 0;
  await followEvents({
    url: "http://service.test/events",
    signal: stop.signal,
    log,
    retrySeconds: 0,
    silenceSeconds: 0.05,
    fetch: (request) => {
      tries++;
      if (tries === 1) {
        return new Promise((_, reject) =>
          request.signal.addEventListener("abort", () => reject(request.signal.reason)),
        );
      }
      if (tries === 2) return new Response(new ReadableStream());
      return service.fetch(request);
    },
    onEvent: () => stop.abort(),
  });
  expect(tries).toBe(3);
});

test("an id that the sender refuses is not sent again", async () => {
  const { service, asked } = setup(async function* () {
    yield event(7);
  });
  const stop = new AbortController();
  let connections = 0;
  await followEvents({
    url: "http://service.test/events",
    signal: stop.signal,
    log,
    retrySeconds: 0,
    fetch: (request) => {
      if (request.headers.has("last-event-id")) return new Response("no", { status: 422 });
      return service.fetch(request);
    },
    onConnect: () => void connections++,
    onEvent: () => {
      if (connections === 2) stop.abort();
    },
  });
  expect(asked).toEqual([undefined, undefined]);
});
