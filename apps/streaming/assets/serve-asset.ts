/** A file as the answer of a route. `deliver-asset.ts` makes the same answers for what needs no route. */
import { problemResponse, type ServiceContext } from "@video-backend/service";
import { answerAsset, isRefusal } from "./answer-asset.ts";
import type { Asset } from "./asset.ts";

/** Answers with the file, as its conditions and its Range ask. */
export function serveAsset(c: ServiceContext, asset: Asset, further: Record<string, string> = {}): Response {
  const answer = answerAsset({ method: c.req.method, header: (name) => c.req.header(name) }, asset);
  if (!isRefusal(answer)) return c.newResponse(asBody(answer.body), answer.status, { ...answer.headers, ...further });
  const response = problemResponse(answer.error, c.get("requestId"));
  for (const [name, value] of Object.entries(answer.headers)) response.headers.set(name, value);
  return response;
}

/** Hono's types know no Blob; Response does, and Bun sends one that is a file without copying it. */
const asBody = (body: Blob | null): ReadableStream | null => body as unknown as ReadableStream | null;
