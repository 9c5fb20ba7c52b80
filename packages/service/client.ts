/**
 * How one service calls another: typed by the callee's routes, with a deadline, a few retries and the request id of the
 * request at hand, all in this one place. An answer that is an error is thrown as the `ServiceError` it was there.
 *
 * Every call between our services may be repeated without harm (the contract makes them idempotent), which is what lets
 * POST be retried too.
 */
import type { Hono } from "hono";
import { hc } from "hono/client";
import { tryGetContext } from "hono/context-storage";
import pRetry, { AbortError } from "p-retry";
import { isServiceError, messageOf, ServiceError } from "./errors.ts";
import { errorFromProblem } from "./problem.ts";
import type { ServiceEnv } from "./router.ts";

export interface ClientOptions {
  /** Where the service answers, without a slash at the end. */
  baseUrl: string;
  /** The callee in a sentence, such as `Metadata service`. */
  name: string;
  /** How long one try may take; 5 by default. */
  timeoutSeconds?: number;
  /** How often a call that found nobody is made again; 2 by default. */
  retries?: number;
  /** What carries the request: the breaker's (`callees.ts`), or in a test the other service's own `fetch`. */
  fetch?: (request: Request) => Response | Promise<Response>;
}

/** A typed client for the service with these routes. Every method rejects with a `ServiceError` unless the answer is 2xx. */
// biome-ignore lint/suspicious/noExplicitAny: hono's own bound for "any app"
export function createClient<Routes extends Hono<any, any, any>>(options: ClientOptions) {
  return hc<Routes>(options.baseUrl, { fetch: createServiceFetch(options) });
}

/** The `fetch` under a client: deadline, retries, request id, errors rebuilt. */
export function createServiceFetch(options: ClientOptions): typeof fetch {
  const { name, timeoutSeconds = 5, retries = 2, fetch: send = fetch } = options;

  async function attempt(input: RequestInfo | URL, init: RequestInit | undefined, tries: number): Promise<Response> {
    const request = new Request(input, init);
    const requestId = tryGetContext<ServiceEnv>()?.get("requestId");
    if (requestId) request.headers.set("x-request-id", requestId);
    const deadline = AbortSignal.timeout(timeoutSeconds * 1000);
    const signal = init?.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    let response: Response;
    try {
      response = await send(new Request(request, { signal }));
    } catch (error) {
      if (init?.signal?.aborted) throw new AbortError(messageOf(init.signal.reason));
      // Its breaker is open: at once. One that has opened since the first try may be closed again for the next.
      if (isServiceError(error)) throw tries === 1 ? new AbortError(error) : error;
      throw new ServiceError("unavailable", `${name} unavailable: ${messageOf(error)}`, { cause: error });
    }
    if (response.ok) return response;
    const error = await errorOf(response, name);
    throw error.code === "unavailable" ? error : new AbortError(error);
  }

  const call = (input: RequestInfo | URL, init?: RequestInit) =>
    pRetry((tries) => attempt(input, init, tries), {
      retries,
      minTimeout: 100,
      maxTimeout: 1000,
      randomize: true,
      shouldRetry: ({ error }) => isServiceError(error),
    });
  return call as typeof fetch;
}

async function errorOf(response: Response, name: string): Promise<ServiceError> {
  const body: unknown = await response.json().catch(() => null);
  const known = errorFromProblem(body);
  if (known) return known;
  const code = response.status >= 500 ? "unavailable" : "internal";
  return new ServiceError(code, `${name} answered ${response.status} ${response.statusText}`.trim());
}
