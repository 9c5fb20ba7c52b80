/**
 * The server under Node and Deno: node:http through Hono's adapter. Bun and this module offer `serve.ts` the same object, so
 * that a `main.ts` is the same everywhere. Files are streamed here, without sendfile.
 */
import { createServer, type IncomingMessage } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { messageOf, ServiceError } from "./errors.ts";
import { problemResponse } from "./problem.ts";

/** What `serve.ts` uses of a server. */
export interface RunningServer {
  /** Requests whose response has not ended. */
  readonly pendingRequests: number;
  stop(): Promise<void>;
  /** Changes how long the connection of a request may be idle; 0 is without end. */
  timeout(request: Request, seconds: number): void;
  requestIP(request: Request): { address: string } | null;
}

export interface NodeServerOptions {
  port: number;
  hostname: string;
  maxRequestBodySize: number;
  /** Of a connection, in seconds. */
  idleTimeout: number;
  fetch: (request: Request, server: RunningServer) => Response | Promise<Response>;
}

/** Listens; a port that cannot be used ends the process with a sentence. */
export function startServer({ port, hostname, maxRequestBodySize, idleTimeout, fetch }: NodeServerOptions): void {
  const connections = new WeakMap<Request, IncomingMessage>();
  let pendingRequests = 0;

  const listener = getRequestListener(
    (given, { incoming }) => {
      const request = limited(given, maxRequestBodySize);
      if (request instanceof Response) return request;
      if ("socket" in incoming) connections.set(request, incoming as IncomingMessage);
      return fetch(request, running);
    },
    { overrideGlobalObjects: false },
  );
  const server = createServer((incoming, outgoing) => {
    pendingRequests++;
    outgoing.once("close", () => pendingRequests--);
    void listener(incoming, outgoing);
  });
  // An upload may take hours; what stands still is the services' own to end.
  server.requestTimeout = 0;
  server.keepAliveTimeout = idleTimeout * 1000;
  server.once("error", (error) => {
    process.stderr.write(`Cannot listen on ${hostname} port ${port}: ${messageOf(error)}\n`);
    process.exit(1);
  });
  const running: RunningServer = {
    get pendingRequests() {
      return pendingRequests;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
    timeout: (request, seconds) => void connections.get(request)?.socket.setTimeout(seconds * 1000),
    requestIP(request) {
      const address = connections.get(request)?.socket.remoteAddress;
      return address === undefined ? null : { address };
    },
  };
  server.listen({ port, host: hostname });
}

/** The request with a body of at most so many bytes; the answer 413 where it says that it is larger. */
function limited(request: Request, maxBytes: number): Request | Response {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > maxBytes) {
    const error = new ServiceError("too_large", `The body is larger than ${maxBytes} bytes`);
    return problemResponse(error, crypto.randomUUID());
  }
  if (announced > 0 || request.body === null || request.method === "GET" || request.method === "HEAD") return request;
  let bytes = 0;
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      bytes += part.length;
      if (bytes > maxBytes)
        controller.error(new ServiceError("too_large", `The body is larger than ${maxBytes} bytes`));
      else controller.enqueue(part);
    },
  });
  const init: RequestInit & { duplex: "half" } = { body: request.body.pipeThrough(count), duplex: "half" };
  return new Request(request, init);
}
