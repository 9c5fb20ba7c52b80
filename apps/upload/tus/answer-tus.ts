/**
 * Answers requests of tus 1.0 through the library, which knows the protocol; the bytes are this service's own affair. What
 * the library leaves undone is done around it: errors as problem details, an Upload-Expires that moves with every byte,
 * and a POST that stands for another method.
 */
import { STATUS_CODES } from "node:http";
import { Server, TUS_RESUMABLE } from "@tus/server";
import { isServiceError, type Problem, problemResponse, ServiceError, videoIdPattern } from "@video-backend/service";
import { eq } from "drizzle-orm";
import { expiresAt } from "../admission/expiry.ts";
import { uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { completeUpload } from "../uploads/complete-upload.ts";
import { newestFirst } from "./newest-first.ts";
import { TusStore } from "./tus-store.ts";

/** Where uploads are created; `{path}/{upload id}` is the address of each. */
export const tusPath = "/files";

/** Answers a request to `tusPath` or below it. Run it in a request of the service only. */
export type TusAnswer = (request: Request, requestId: string) => Promise<Response>;

/** @throws what is neither the client's mistake nor a state of the upload */
export function createTusAnswer(deps: UploadDeps): TusAnswer {
  const failures = new WeakMap<Request, unknown>();
  const server = new Server({
    path: tusPath,
    datastore: new TusStore(deps),
    locker: newestFirst(deps.appenders),
    // Right behind every proxy that keeps the path.
    relativeLocation: true,
    namingFunction: deps.newId,
    getFileIdFromRequest: (request) => uploadIdIn(request),
    // For OPTIONS, which tells it; the verbs keep to it, with figures in their sentence.
    maxSize: (_, uploadId) => (uploadId === null ? deps.limits.maxFileBytes : 0),
    exposedHeaders: ["Upload-Expires", "X-Request-Id"],
    allowedHeaders: ["X-Request-Id"],
    async onUploadFinish(_, { id }) {
      await completeUpload(deps, id);
      return {};
    },
    onResponseError: (request, error) => void failures.set(request, error),
  });

  return async (original, requestId) => {
    const request = asMeant(original);
    const response = await server.handleWeb(request);
    const failure = failures.get(request);
    if (isServiceError(failure)) return withHeadersOf(response, problemResponse(failure, requestId));
    if (failure instanceof Error && response.status >= 500) throw failure;
    if (response.status >= 400) return asProblem(request, response, requestId);
    addExpiry(deps, request, response);
    response.headers.set("x-request-id", requestId);
    return response;
  };
}

/** Some networks let only GET and POST through. The library would take any other POST for a creation, whatever its path. */
function asMeant(request: Request): Request {
  if (request.method !== "POST") return request;
  const method = request.headers.get("x-http-method-override");
  if (method === "PATCH" || method === "DELETE") return new Request(request, { method });
  const { pathname } = new URL(request.url);
  if (pathname === tusPath || pathname === `${tusPath}/`) return request;
  throw new ServiceError(
    "method_not_allowed",
    `Uploads are created at ${tusPath}; ${pathname} takes HEAD, PATCH and DELETE`,
  );
}

function uploadIdIn({ url }: Pick<Request, "url">): string | undefined {
  const id = new URL(url).pathname.slice(tusPath.length + 1);
  return videoIdPattern.test(id) ? id : undefined;
}

/** The library's own errors are sentences. A version that it does not speak is 412, and told which it does. */
async function asProblem(request: Request, response: Response, requestId: string): Promise<Response> {
  const isOtherVersion = request.method !== "GET" && request.headers.get("tus-resumable") !== TUS_RESUMABLE;
  const status = isOtherVersion ? 412 : response.status;
  const problem: Problem = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail: (await response.text()).trim(),
    request_id: requestId,
  };
  const headers = {
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    "x-request-id": requestId,
  };
  const answer = withHeadersOf(response, new Response(JSON.stringify(problem), { status, headers }));
  if (isOtherVersion) answer.headers.set("tus-version", TUS_RESUMABLE);
  return answer;
}

/** Those of the protocol, and those that let a page of another origin read the answer. */
function withHeadersOf(response: Response, answer: Response): Response {
  response.headers.forEach((value, name) => {
    if (/^(tus-|access-control-)/i.test(name)) answer.headers.set(name, value);
  });
  return answer;
}

function addExpiry({ database, limits }: UploadDeps, request: Request, response: Response): void {
  const location = response.headers.get("location");
  const id = location ? location.slice(tusPath.length + 1) : uploadIdIn(request);
  const row = id && database.select().from(uploads).where(eq(uploads.id, id)).get();
  const at = row ? expiresAt(row, limits) : null;
  if (at !== null) response.headers.set("upload-expires", new Date(at * 1000).toUTCString());
}
