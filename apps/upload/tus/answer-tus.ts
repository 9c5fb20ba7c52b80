/**
 * Answers requests of tus 1.0 with the library, which implements the protocol; `tus-store.ts` stores the bytes. What the library
 * lacks is added here: errors as problem details, an Upload-Expires that follows every byte, and X-HTTP-Method-Override.
 */
import { STATUS_CODES } from "node:http";
import { type Locker, Server, TUS_RESUMABLE } from "@tus/server";
import { isServiceError, type Problem, problemResponse, ServiceError } from "@video-backend/service";
import { isVideoId } from "@video-backend/storage/layout";
import type { UploadDeps } from "../deps.ts";
import { takeOverSource } from "../sources/append-source.ts";
import { expectOwnUpload } from "../tokens/tokens.ts";
import { completeUpload, type FinishDeps } from "../uploads/complete-upload.ts";
import { expiresAt } from "../uploads/delete-upload.ts";
import { type TusDeps, TusStore } from "./tus-store.ts";

/** Uploads are created here; each has the path `{path}/{upload id}`. */
export const tusPath = "/files";

/** Answers a request to `tusPath` or below it. Call it in a request of the service only. */
export type TusAnswer = (request: Request, requestId: string) => Promise<Response>;

/** @throws an error that is not the client's */
export function createTusAnswer(deps: TusDeps & FinishDeps): TusAnswer {
  const failures = new WeakMap<Request, unknown>();
  const server = new Server({
    path: tusPath,
    datastore: new TusStore(deps),
    locker: newestWins(deps),
    generateUrl: (request, { id }) => locationOf(request, id),
    namingFunction: deps.newId,
    getFileIdFromRequest: (request) => uploadIdIn(request),
    // For the answer to OPTIONS; the verbs enforce it, with figures in their errors.
    maxSize: (_, uploadId) => (uploadId === null ? deps.limits.maxFileBytes : 0),
    async onUploadFinish(_, { id }) {
      await completeUpload(deps, id);
      return {};
    },
    onResponseError: (request, error) => void failures.set(request, error),
  });

  return async (original, requestId) => {
    const request = withMethod(original);
    const uploadId = uploadIdIn(request);
    // Before the library locks the upload, which ends what is sent to it.
    if (uploadId) await expectOwnUpload(deps, uploadId, request.method === "HEAD" ? "its state" : "bytes");
    const response = withoutCors(await server.handleWeb(request));
    const failure = failures.get(request);
    if (isServiceError(failure)) return withHeadersOf(response, problemResponse(failure, requestId));
    if (failure instanceof Error && response.status >= 500) throw failure;
    if (response.status >= 400) return asProblem(request, response, requestId);
    await addExpiry(deps, request, response);
    response.headers.set("x-request-id", requestId);
    return response;
  };
}

/** Some networks block all methods but GET and POST. The library would treat any POST as a creation, whatever its path. */
function withMethod(request: Request): Request {
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

/** Relative to the URL of the request (RFC 9110, 10.2.2), so that it is right below any prefix that a proxy removes. */
function locationOf({ url }: Pick<Request, "url">, uploadId: string): string {
  return new URL(url).pathname.endsWith("/") ? uploadId : `${tusPath.slice(1)}/${uploadId}`;
}

function uploadIdIn({ url }: Pick<Request, "url">): string | undefined {
  const id = new URL(url).pathname.slice(tusPath.length + 1);
  return isVideoId(id) ? id : undefined;
}

/** The library's own errors are plain text. An unsupported version is 412, with the supported one. */
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

/** `cross-origin.ts` sets these headers, for tus as for every other route. */
function withoutCors(response: Response): Response {
  for (const name of [...response.headers.keys()]) if (/^access-control-/i.test(name)) response.headers.delete(name);
  return response;
}

/** The headers of the protocol. */
function withHeadersOf(response: Response, answer: Response): Response {
  response.headers.forEach((value, name) => {
    if (/^tus-/i.test(name)) answer.headers.set(name, value);
  });
  return answer;
}

async function addExpiry(
  { uploads, limits }: Pick<UploadDeps, "uploads" | "limits">,
  request: Request,
  response: Response,
): Promise<void> {
  const location = response.headers.get("location");
  const id = location ? location.slice(location.lastIndexOf("/") + 1) : uploadIdIn(request);
  const upload = id ? await uploads.find(id) : null;
  const at = upload && expiresAt(upload, limits);
  if (at !== null) response.headers.set("upload-expires", new Date(at * 1000).toUTCString());
}

/**
 * A request for the lock cancels the append in progress and waits until it has stopped: a HEAD then answers an offset that stays,
 * and a client that comes back does not wait for its own dead connection. What follows needs no lock: `appendSource` accepts the
 * newest only, and every other change is one conditional update.
 */
function newestWins(deps: Pick<UploadDeps, "locks">): Locker {
  return {
    newLock: (uploadId) => ({
      async lock() {
        using _turn = await takeOverSource(deps, uploadId);
      },
      async unlock() {},
    }),
  };
}
