/**
 * Passes a request on to another service and its answer back, both as streams: nothing is held whole, and the sender
 * is slowed to the pace of the receiver. What belongs to one connection only is left out on either way.
 */
import { isServiceError, messageOf, type ServiceContext, ServiceError } from "@video-backend/service";
import type { OtherService } from "../services/connect-services.ts";

/** RFC 9110, 7.6.1: these, and what Connection names, are for the next hop and no further. */
const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * The answer that `service` gives for the same method, query, headers and body at `path`. The path is made of checked
 * names only.
 *
 * @throws ServiceError `unavailable` when nobody answers
 */
export async function forward(c: ServiceContext, service: OtherService, path: string): Promise<Response> {
  const incoming = c.req.raw;
  const headers = endToEnd(incoming.headers);
  headers.delete("host");
  // The links of a page lead to where it was requested. What a proxy in front has said of that stays.
  const { host, protocol } = new URL(incoming.url);
  if (!headers.has("x-forwarded-host")) headers.set("x-forwarded-host", incoming.headers.get("host") ?? host);
  if (!headers.has("x-forwarded-proto")) headers.set("x-forwarded-proto", protocol.slice(0, -1));
  // Admin is asked under another host, and has decided already what a page may change; whether it may read, streaming adds.
  if (incoming.method !== "GET" && incoming.method !== "HEAD") {
    headers.delete("origin");
    headers.delete("sec-fetch-site");
  }
  // Cookies are admin's own; what a session's cookie stands for is told in the way of keys.
  headers.delete("cookie");
  const session = c.get("sessionToken");
  if (session !== undefined) headers.set("authorization", `Bearer ${session}`);
  headers.set("x-request-id", c.get("requestId"));
  const client = c.env?.clientAddress?.();
  if (client) headers.append("x-forwarded-for", client);
  // `fetch` would ask for compression of its own and undo it, and the length would be wrong.
  headers.set("accept-encoding", "identity");
  const init: RequestInit & { duplex: "half" } = {
    method: incoming.method,
    headers,
    body: incoming.body,
    redirect: "manual",
    signal: incoming.signal,
    duplex: "half",
  };
  const target = `${service.url}${path}${new URL(incoming.url).search}`;
  const response = await send(service, incoming, () => new Request(target, init));
  const { status, statusText } = response;
  const answered = endToEnd(response.headers);
  answered.set("x-request-id", c.get("requestId"));
  return new Response(response.body, { status, statusText, headers: answered });
}

/**
 * Passes a feed of server-sent events on, for as long as both ends are there. One that breaks off ends: who follows it opens
 * it again, and nothing of it was of a known length.
 *
 * @throws ServiceError `unavailable` when nobody answers
 */
export async function forwardFeed(c: ServiceContext, service: OtherService, path: string): Promise<Response> {
  const response = await forward(c, service, path);
  return new Response(response.body && untilItBreaks(response.body), response);
}

function untilItBreaks(feed: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const reader = feed.getReader();
  return new ReadableStream({
    async pull(controller) {
      const part = await reader.read().catch(() => ({ done: true, value: undefined }) as const);
      if (part.done) controller.close();
      else controller.enqueue(part.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** A service that is started again may have closed a connection that was kept: what changes nothing is sent once more. */
async function send(service: OtherService, { method, signal }: Request, create: () => Request): Promise<Response> {
  const attempt = async () => service.fetch(create());
  const isRepeatable = method === "GET" || method === "HEAD";
  try {
    return await attempt().catch((error: unknown) => {
      if (!isRepeatable || signal.aborted || isServiceError(error)) throw error;
      return attempt();
    });
  } catch (error) {
    if (isServiceError(error)) throw error;
    throw new ServiceError("unavailable", `${service.name} unavailable: ${messageOf(error)}`, { cause: error });
  }
}

/** A copy without what is for one hop only. */
function endToEnd(headers: Headers): Headers {
  const kept = new Headers(headers);
  const named = headers.get("connection")?.split(",") ?? [];
  for (const name of [...named.map((part) => part.trim()), ...hopByHop]) {
    if (isFieldName(name)) kept.delete(name);
  }
  return kept;
}

const isFieldName = (name: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name);
