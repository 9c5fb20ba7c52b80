/**
 * The short way: a GET or HEAD of a file that is there is answered here, in front of the routes, because a router, a
 * validator and a log line would cost several times what the answer does. It adds nothing of its own: files come from
 * `find-asset.ts`, answers from `answer-asset.ts`, and whatever is not a plain success is left to the routes.
 */
import type { CrossOriginRules, Log } from "@video-backend/service";
import { type Answer, answerAsset, isRefusal } from "./answer-asset.ts";
import type { Asset } from "./asset.ts";
import type { ServedCounts } from "./count-served.ts";
import type { Assets } from "./find-asset.ts";
import { createPlaces, type Place } from "./place.ts";

export interface DeliveryDeps {
  assets: Assets;
  /** Whether anybody may read this video's files. Of any other video they go by the routes, where access is looked into. */
  isOpen: (videoId: string) => boolean;
  crossOrigin: CrossOriginRules;
  counts: ServedCounts;
  log: Log;
  /** Whether each file that is served gets a line in the log; a line costs about as much as a playlist does. */
  logFiles: boolean;
}

/** Answers, now or later, with null where the routes are to answer. */
export type Deliver = (request: Request) => Response | null | Promise<Response | null>;

export function createDelivery({ assets, isOpen, crossOrigin, counts, log, logFiles }: DeliveryDeps): Deliver {
  const made = new WeakMap<Answer, Headers>();
  const placeOf = createPlaces();

  function respond(request: Request, path: string, asset: Asset, answer: Answer, startedAt: number): Response {
    const requestId = requestIdOf(request.headers.get("x-request-id"));
    if (logFiles) {
      const milliseconds = Math.round(performance.now() - startedAt);
      const { pathname } = new URL(request.url);
      log.info({ requestId, method: request.method, path: pathname, status: answer.status, milliseconds }, "request");
    }
    const response = new Response(answer.body, { status: answer.status, headers: headersOf(request, answer) });
    response.headers.set("x-request-id", requestId);
    counts.countSegment(asset, request.method, answer.status);
    counts.countDelivered(request.method, path, answer.status, (performance.now() - startedAt) / 1000);
    return response;
  }

  /** Made once for an answer that is made once, where all pages may read: making them is half of the work. */
  function headersOf(request: Request, answer: Answer): Headers {
    if (!crossOrigin.areTheSameForAll) return make(request, answer);
    const known = made.get(answer) ?? make(request, answer);
    made.set(answer, known);
    return known;
  }
  function make(request: Request, answer: Answer): Headers {
    const headers = new Headers(answer.headers);
    crossOrigin.addReadingHeaders(headers, request.headers.get("origin"));
    return headers;
  }

  function serve(request: Request, { key, path }: Place): Response | null | Promise<Response | null> {
    const startedAt = performance.now();
    const asked = { method: request.method, header: (name: string) => request.headers.get(name) };
    const found = assets.find(key);
    const answered = (asset: Awaited<typeof found>) => {
      const answer = asset && answerAsset(asked, asset);
      return answer && !isRefusal(answer) ? respond(request, path, asset, answer, startedAt) : null;
    };
    return found instanceof Promise ? found.then(answered) : answered(found);
  }

  return (request) => {
    if (request.method !== "GET" && request.method !== "HEAD") return null;
    const place = placeOf(request.url);
    return place && crossOrigin.answersHost(request) && isOpen(place.videoId) ? serve(request, place) : null;
  };
}

/** The sender's own where it is harmless, by the rule of hono/request-id, else another one. */
function requestIdOf(given: string | null): string {
  return given && given.length <= 255 && /^[\w\-=]+$/.test(given) ? given : crypto.randomUUID();
}
