/**
 * Server-sent events, both ends. The sender answers with a stream that says where it is (`id`) and stays open; the
 * follower reads one for as long as it is told to, and takes up again after the last event it saw.
 */
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { streamSSE } from "hono/streaming";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";
import type { ServiceContext } from "./router.ts";

export interface ServerEvent {
  id: string;
  event: string;
  data: unknown;
}

/** Comments sent at this pace keep proxies and clients from taking silence for death. */
const heartbeatSeconds = 15;

/** So often it is looked whether a follower is still let in; with what verifiers remember, within 5 s of a revocation. */
const recheckSeconds = 1;

/**
 * Answers with an event stream made of `events`, which is ended when the client leaves, when its key is no longer valid, or
 * when the service drains.
 */
export function eventStream(c: ServiceContext, events: (signal: AbortSignal) => AsyncIterable<ServerEvent>): Response {
  c.env?.keepOpen?.();
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const signal = c.env?.draining ? AbortSignal.any([gone.signal, c.env.draining]) : gone.signal;
    const heartbeat = setInterval(() => void stream.write(": still here\n\n"), heartbeatSeconds * 1000);
    const recheck = setInterval(() => void endUnlessAllowed(c.get("isStillAllowed"), gone), recheckSeconds * 1000);
    try {
      await stream.write(": connected\nretry: 1000\n\n");
      for await (const event of events(signal)) {
        await stream.writeSSE({ id: event.id, event: event.event, data: JSON.stringify(event.data) });
      }
    } finally {
      clearInterval(heartbeat);
      clearInterval(recheck);
    }
  });
}

/** Where nobody can tell whether a key is valid, streams go on. */
async function endUnlessAllowed(isStillAllowed: (() => Promise<boolean>) | undefined, gone: AbortController) {
  const isAllowed = (await isStillAllowed?.().catch(() => true)) ?? true;
  if (!isAllowed) gone.abort();
}

export interface FollowOptions {
  url: string;
  signal: AbortSignal;
  log: Log;
  /** Called at every (re)connection, before the first event: the moment to compare everything for what was missed. */
  onConnect?: () => void | Promise<void>;
  /** Takes one event. What is slow or may fail belongs into a `Reconciler`, so that the events behind it do not wait. */
  onEvent: (event: { id: string | undefined; event: string | undefined; data: string }) => void | Promise<void>;
  retrySeconds?: number;
  /** A connection without one byte for so long, heartbeats included, is taken for dead; 3 heartbeats by default. */
  silenceSeconds?: number;
  fetch?: ((request: Request) => Response | Promise<Response>) | undefined;
}

/** How often an event is told to a handler that throws, before it is skipped. */
const triesPerEvent = 3;

/**
 * Follows an event stream until the signal aborts, through restarts of the sender. Resolves when it has ended.
 *
 * An event whose handler throws is read again on a new connection. One that fails three times is logged and skipped, so
 * that it does not keep all later ones from being seen.
 */
export async function followEvents(options: FollowOptions): Promise<void> {
  const { url, signal, log, retrySeconds = 1 } = options;
  const cursor: Cursor = { lastEventId: undefined, failed: null };
  let wasConnected = true;
  while (!signal.aborted) {
    try {
      await readOnce(options, cursor, () => {
        if (!wasConnected) log.info({ url }, "event stream connected again");
        wasConnected = true;
      });
    } catch (error) {
      if (signal.aborted) break;
      const line = { url, reason: messageOf(error) };
      if (wasConnected) log.warn(line, "event stream lost; trying again until it is back");
      else log.debug(line, "event stream still lost");
      wasConnected = false;
    }
    await pause(retrySeconds, signal);
  }
}

interface Cursor {
  /** Of the last event that was handled, or skipped. */
  lastEventId: string | undefined;
  /** The event that is told again, and how often its handler has thrown. */
  failed: { id: string | undefined; times: number } | null;
}

/** One connection, until its stream ends. */
async function readOnce(options: FollowOptions, cursor: Cursor, onOpen: () => void): Promise<void> {
  const { url, signal, silenceSeconds = 3 * heartbeatSeconds, fetch: send = fetch } = options;
  const silent = new AbortController();
  const either = AbortSignal.any([signal, silent.signal]);
  const silence = () => silent.abort(new Error(`nothing came for ${silenceSeconds} s`));
  let timer = setTimeout(silence, silenceSeconds * 1000);
  const headers: Record<string, string> = { accept: "text/event-stream" };
  if (cursor.lastEventId) headers["last-event-id"] = cursor.lastEventId;
  try {
    const response = await send(new Request(url, { headers, signal: either }));
    if (!response.ok || !response.body) {
      // A refused id would be refused for ever; everything is compared at the connection without one.
      if (response.status >= 400 && response.status < 500) cursor.lastEventId = undefined;
      throw new Error(`answered ${response.status}`);
    }
    onOpen();
    await options.onConnect?.();
    const messages: EventSourceMessage[] = [];
    const parser = createParser({ onEvent: (message) => void messages.push(message) });
    for await (const text of textOf(response.body, either)) {
      clearTimeout(timer);
      parser.feed(text);
      for (const { id, event, data } of messages.splice(0)) {
        if (signal.aborted) return;
        await handle(options, cursor, { id, event, data });
      }
      timer = setTimeout(silence, silenceSeconds * 1000);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Ends with the signal's reason when that aborts, though the body knows nothing of the signal. */
async function* textOf(body: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const aborted = Promise.withResolvers<never>();
  // It is awaited only while a read is; an abort at another moment is seen by the next read.
  aborted.promise.catch(() => undefined);
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await Promise.race([reader.read(), aborted.promise]);
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    signal.removeEventListener("abort", abort);
    void reader.cancel().catch(() => undefined);
  }
}

/** @throws what the handler threw, as long as the event is to be told again */
async function handle(
  { onEvent, url, log }: FollowOptions,
  cursor: Cursor,
  event: { id: string | undefined; event: string | undefined; data: string },
): Promise<void> {
  try {
    await onEvent(event);
  } catch (error) {
    const times = cursor.failed && cursor.failed.id === event.id ? cursor.failed.times + 1 : 1;
    cursor.failed = { id: event.id, times };
    const line = { url, id: event.id, event: event.event, times, err: error };
    // Without an id it cannot be asked for again.
    if (event.id !== undefined && times < triesPerEvent) {
      log.warn(line, "an event could not be handled; it is read again");
      throw error;
    }
    log.error(line, "an event could not be handled and is skipped");
  }
  cursor.failed = null;
  cursor.lastEventId = event.id ?? cursor.lastEventId;
}

function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, seconds * 1000);
    signal.addEventListener("abort", done);
  });
}
