/**
 * Server-sent events, both ends. The sender answers with a stream that says where it is (`id`) and stays open; the
 * follower reads one for as long as it is told to, and takes up again after the last event it saw.
 */
import { EventSourceParserStream } from "eventsource-parser/stream";
import { streamSSE } from "hono/streaming";
import type { ServiceContext } from "./create-service.ts";
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

export interface ServerEvent {
  id: string;
  event: string;
  data: unknown;
}

/** Comments sent at this pace keep proxies and clients from taking silence for death. */
const heartbeatSeconds = 15;

/** Answers with an event stream made of `events`, which is ended when the client leaves or the service drains. */
export function eventStream(c: ServiceContext, events: (signal: AbortSignal) => AsyncIterable<ServerEvent>): Response {
  c.env?.keepOpen?.();
  return streamSSE(c, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    const signal = c.env?.draining ? AbortSignal.any([gone.signal, c.env.draining]) : gone.signal;
    const heartbeat = setInterval(() => void stream.write(": still here\n\n"), heartbeatSeconds * 1000);
    try {
      await stream.write(": connected\nretry: 1000\n\n");
      for await (const event of events(signal)) {
        await stream.writeSSE({ id: event.id, event: event.event, data: JSON.stringify(event.data) });
      }
    } finally {
      clearInterval(heartbeat);
    }
  });
}

export interface FollowOptions {
  url: string;
  signal: AbortSignal;
  log: Log;
  /** Called at every (re)connection, before the first event: the moment to look at what was missed. */
  onConnect?: () => void | Promise<void>;
  onEvent: (event: { id: string | undefined; event: string | undefined; data: string }) => void | Promise<void>;
  retrySeconds?: number;
  fetch?: (request: Request) => Response | Promise<Response>;
}

/** Follows an event stream until the signal aborts, through restarts of the sender. Resolves when it has ended. */
export async function followEvents(options: FollowOptions): Promise<void> {
  const { url, signal, log, retrySeconds = 1, fetch: send = fetch } = options;
  let lastEventId: string | undefined;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { accept: "text/event-stream" };
      if (lastEventId) headers["last-event-id"] = lastEventId;
      const response = await send(new Request(url, { headers, signal }));
      if (!response.ok || !response.body) throw new Error(`answered ${response.status}`);
      await options.onConnect?.();
      const messages = response.body
        .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
        .pipeThrough(new EventSourceParserStream());
      for await (const message of messages) {
        if (signal.aborted) break;
        await options.onEvent({ id: message.id, event: message.event, data: message.data });
        lastEventId = message.id ?? lastEventId;
      }
    } catch (error) {
      if (signal.aborted) break;
      log.debug({ url, reason: messageOf(error) }, "event stream lost; trying again");
    }
    await pause(retrySeconds, signal);
  }
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
