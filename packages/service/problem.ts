/**
 * RFC 9457 problem details: the one form in which every service tells an error. Old clients read only `detail`, so the
 * sentence of a `ServiceError` goes there unchanged.
 */
import { z } from "@hono/zod-openapi";
import { type ErrorCode, errorCodes, ServiceError } from "./errors.ts";

const typePrefix = "urn:video-backend:problem:";

export const Problem = z
  .looseObject({
    type: z
      .string()
      .openapi({ description: "A stable identifier of the kind of problem", example: `${typePrefix}not_found` }),
    title: z.string().openapi({ description: "The kind of problem", example: "Not found" }),
    status: z.number().openapi({ type: "integer", description: "The HTTP status code", example: 404 }),
    detail: z.string().openapi({ description: "What went wrong in this request", example: "Video not found" }),
    request_id: z
      .string()
      .openapi({ description: "The request id, also in the log", example: "0b6c61b5-3f3b-4d4e-9f3a-4a3f2f0e7a52" }),
  })
  .openapi("Problem");
export type Problem = z.infer<typeof Problem>;

/** The answer for an error. An unexpected error shows none of its insides; the log has them. */
export function problemResponse(error: ServiceError, requestId: string): Response {
  const { status, title } = errorCodes[error.code];
  const problem: Problem = {
    type: typePrefix + error.code,
    title,
    status,
    detail: error.message,
    request_id: requestId,
    ...error.details,
  };
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-request-id": requestId,
  };
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="video-backend"';
  if (status === 429) Object.assign(headers, limitHeadersOf(error));
  if (status === 503) headers["retry-after"] = String(retryAfter(error));
  // What is still to come of a request that is given up would keep the connection busy (RFC 9110, 15.5.9).
  if (status === 408) headers.connection = "close";
  return new Response(JSON.stringify(problem), { status, headers });
}

/** What is left of a limit, as in draft-ietf-httpapi-ratelimit-headers-10. */
export function limitHeaders(state: { limit: number; window_seconds: number; remaining: number; seconds: number }) {
  return {
    "ratelimit-policy": `"default";q=${state.limit};w=${state.window_seconds}`,
    ratelimit: `"default";r=${Math.max(0, state.remaining)};t=${state.seconds}`,
  };
}

/** Of an error that knows its limit, and not only that something is full. */
function limitHeadersOf({ details }: ServiceError): Record<string, string> {
  const { limit, window_seconds, retry_after } = details;
  if (typeof limit !== "number" || typeof window_seconds !== "number" || typeof retry_after !== "number") return {};
  const headers = limitHeaders({ limit, window_seconds, remaining: 0, seconds: retry_after });
  return { ...headers, "retry-after": String(retry_after) };
}

/** Whole seconds: what the error knows of the wait (`retry_after` among its details), else 1. */
function retryAfter({ details }: ServiceError): number {
  const { retry_after } = details;
  return typeof retry_after === "number" && retry_after >= 1 ? Math.ceil(retry_after) : 1;
}

/** The error that another service answered with, rebuilt; null when the answer is not a problem of ours. */
export function errorFromProblem(body: unknown): ServiceError | null {
  const parsed = Problem.safeParse(body);
  if (!parsed.success || !parsed.data.type.startsWith(typePrefix)) return null;
  const code = parsed.data.type.slice(typePrefix.length);
  if (!Object.hasOwn(errorCodes, code)) return null;
  const { type, title, status, detail, request_id, ...details } = parsed.data;
  return new ServiceError(code as ErrorCode, detail, { details });
}

type ProblemResponses<Statuses extends number> = {
  [Status in Statuses]: {
    description: string;
    content: { "application/problem+json": { schema: typeof Problem } };
  };
};

/**
 * Declares the errors of a route: status and the sentences that may come with it.
 *
 * @example responses: { 200: ..., ...problems({ 404: "Video not found" }) }
 */
export function problems<const Sentences extends Record<number, string>>(
  sentences: Sentences,
): ProblemResponses<keyof Sentences & number> {
  const entries = Object.entries(sentences).map(([status, description]) => [
    status,
    { description, content: { "application/problem+json": { schema: Problem } } },
  ]);
  return Object.fromEntries(entries);
}
