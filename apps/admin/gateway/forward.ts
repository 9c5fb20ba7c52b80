/**
 * Passes a request on to another service and its answer back, both as streams: nothing is held whole, and the sender
 * is slowed to the pace of the receiver. What belongs to one connection only is left out on either way.
 */
import { messageOf, type ServiceContext, ServiceError } from "@video-backend/service";
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
 * names only. The type of the answer is what the route declares, as the other service's own contract does.
 *
 * @throws ServiceError `unavailable` when nobody answers
 */
export async function forward<Answer>(c: ServiceContext, service: OtherService, path: string): Promise<Answer> {
  const incoming = c.req.raw;
  const headers = endToEnd(incoming.headers);
  headers.delete("host");
  // Admin is asked under another host, and has decided already what a page may change; whether it may read, streaming adds.
  if (incoming.method !== "GET" && incoming.method !== "HEAD") {
    headers.delete("origin");
    headers.delete("sec-fetch-site");
  }
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
  const response = await send(service, new Request(`${service.url}${path}${new URL(incoming.url).search}`, init));
  const { status, statusText } = response;
  const answered = endToEnd(response.headers);
  answered.set("x-request-id", c.get("requestId"));
  return new Response(response.body, { status, statusText, headers: answered }) as Answer;
}

async function send(service: OtherService, request: Request): Promise<Response> {
  try {
    return await service.fetch(request);
  } catch (error) {
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
