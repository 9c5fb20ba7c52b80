/**
 * The last step of every `main.ts`: from a portable `fetch` to a server, with a stop that drains. Bun starts the object that a
 * main exports; under Node and Deno `serve-node.ts` starts it. This file and the mains are where the server's own features are
 * used.
 */
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";
import type { ServerBindings, ServiceApp } from "./router.ts";
import type { RunningServer } from "./serve-node.ts";

export interface ServeOptions {
  port: number;
  hostname: string;
  log: Log;
  /** Closes what `main.ts` opened, after the last request was answered. */
  close?: () => void | Promise<void>;
  /** Requests that take longer than this to end are cut at stop; 10 by default. */
  drainSeconds?: number;
  /** The largest body that is let in; the default suits JSON. Only what streams its bodies may raise it. */
  maxBodyBytes?: number;
  /** Whether other processes listen on the same port, each by itself; see `share-port.ts`. */
  sharedPort?: boolean;
}

const mebibyte = 1024 * 1024;

/**
 * Makes the object a `main.ts` exports, and has SIGTERM and SIGINT end the process in order: no new connections, event
 * streams closed, requests at work answered (for `drainSeconds` at most), then `close`, then exit 0.
 */
export function serve(service: Pick<ServiceApp, "fetch">, options: ServeOptions) {
  const { port, hostname, log, drainSeconds = 10 } = options;
  const draining = new AbortController();
  let server: RunningServer | undefined;
  let requestsAtWork = 0;

  async function stop(signal: string): Promise<void> {
    if (draining.signal.aborted) return;
    log.info({ signal, requestsAtWork }, "stopping");
    draining.abort();
    const deadline = new Promise<void>((resolve) => setTimeout(resolve, drainSeconds * 1000));
    // A stop waits for connections that say nothing, too; where nothing is at work there is nothing to wait for.
    if (requestsAtWork > 0 || (server?.pendingRequests ?? 0) > 0) await Promise.race([server?.stop(), deadline]);
    await options.close?.();
    log.info("stopped");
    process.exit(0);
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop(signal));

  log.info({ address: `http://${hostname}:${port}` }, "listening");
  const program = {
    port,
    hostname,
    maxRequestBodySize: options.maxBodyBytes ?? mebibyte,
    idleTimeout: 120,
    // Bun's own error pages and banner are for developers of pages.
    development: false,
    reusePort: options.sharedPort ?? false,
    fetch(request: Request, runtime?: unknown): Response | Promise<Response> {
      if (isRunningServer(runtime)) server = runtime;
      const bindings: ServerBindings = {
        draining: draining.signal,
        keepOpen: () => server?.timeout(request, 0),
        clientAddress: () => server?.requestIP(request)?.address ?? null,
      };
      const answer = service.fetch(withWholeUrl(request), bindings);
      if (!(answer instanceof Promise)) return answer;
      requestsAtWork++;
      return answer.finally(() => {
        requestsAtWork--;
      });
    },
  };
  if (process.versions.bun === undefined)
    void import("./serve-node.ts").then(({ startServer }) => startServer(program));
  return program;
}

/**
 * Where a request has no Host, which HTTP/1.0 allows, or an empty one, Bun's `url` is the path alone, and nothing that
 * parses a URL could read it. HTTP/1.1 without a Host never comes here: Bun answers 400.
 */
function withWholeUrl(request: Request): Request {
  return request.url.startsWith("/") ? new Request(`http://localhost${request.url}`, request) : request;
}

function isRunningServer(runtime: unknown): runtime is RunningServer {
  return typeof runtime === "object" && runtime !== null && "stop" in runtime && "timeout" in runtime;
}

/** Runs a `main.ts`'s opening part; what it throws is told as one sentence, and the process exits with 1. */
export async function orExit<Value>(open: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await open();
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  }
}
