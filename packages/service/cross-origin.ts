/**
 * Which Hosts are answered, and what pages of other origins may do: one rule for all five services. It goes by headers that
 * browsers send and pages cannot forge: `Host`, `Origin` and `Sec-Fetch-Site`. A client that is no browser, such as curl or
 * another service, sends no `Origin` and is not concerned.
 */
import type { MiddlewareHandler } from "hono";
import { ServiceError } from "./errors.ts";
import type { ServiceEnv } from "./router.ts";

/** All origins, or these, as `parseOrigins` returns them: `https://a.example`, or `http://localhost:*` for any port. */
export type Origins = "*" | readonly string[];

export interface CrossOriginOptions {
  /** Pages of these origins may do everything. By default the pages of this machine, on any port. */
  allowedOrigins?: Origins;
  /** Pages of these origins may read, and change nothing. None by default. */
  readers?: Origins;
  /** The hosts that are answered beside loopback. Null, the default, answers every Host. */
  allowedHosts?: readonly string[] | null;
}

export interface CrossOriginRules {
  /** False where `guard` refuses the request because of its Host. */
  answersHost(request: Request): boolean;
  /** True where `addReadingHeaders` adds the same for all origins. */
  areTheSameForAll: boolean;
  /** Adds to an answer's headers what a page of this origin needs to read it (CORS, Resource Timing). */
  addReadingHeaders(headers: Headers, origin: string | null): void;
  /**
   * Stands around every route: refuses, answers preflights, and adds the headers for reading to all answers, errors
   * included.
   */
  guard: MiddlewareHandler<ServiceEnv>;
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/** The pages of this machine, whatever port they are served from. */
export const loopbackOrigins: readonly string[] = loopbackNames.flatMap((name) => [
  `http://${name}:*`,
  `https://${name}:*`,
]);

/** What a page may read of an answer beside what the fetch standard allows anyway. */
const exposedHeaders = [
  ...["Content-Length", "Content-Range", "Content-Encoding", "Content-Disposition", "Accept-Ranges", "Allow"],
  ...["ETag", "Last-Modified", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "X-Request-Id"],
  ...["Tus-Resumable", "Tus-Version", "Tus-Extension", "Tus-Max-Size"],
  ...["Upload-Offset", "Upload-Length", "Upload-Defer-Length", "Upload-Metadata", "Upload-Expires"],
].join(",");

/** What a page may send. A preflight that asks for further headers is granted those, too. */
const requestHeaders = [
  ...["Authorization", "Content-Type", "Content-Digest", "Last-Event-ID", "X-Request-Id", "X-HTTP-Method-Override"],
  ...["Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"],
  ...["Tus-Resumable", "Upload-Length", "Upload-Defer-Length", "Upload-Metadata", "Upload-Offset"],
];
const readingMethods = ["GET", "HEAD", "OPTIONS"];
const allMethods = [...readingMethods, "POST", "PUT", "PATCH", "DELETE"];
const preflightSeconds = 86_400;

export function createCrossOriginRules(options: CrossOriginOptions = {}): CrossOriginRules {
  const { allowedOrigins = loopbackOrigins, readers = [], allowedHosts = null } = options;
  const isAllowed = originMatcher(allowedOrigins);
  const isReader = originMatcher(readers);
  const judgeHost = createHostJudge(allowedHosts);
  const areTheSameForAll = allowedOrigins === "*" || readers === "*";

  function readingHeaders(origin: string | null): Readonly<Record<string, string>> {
    if (areTheSameForAll) return headersFor("*");
    // An answer for one origin must not be kept for another one.
    const vary = { vary: "Origin" };
    if (origin === null || !(isAllowed(origin) || isReader(origin))) return vary;
    // For a proxy in front that asks who is there. The studio's own cookie counts for its own pages alone.
    const credentials = isAllowed(origin) ? { "access-control-allow-credentials": "true" } : {};
    return { ...headersFor(origin), ...credentials, ...vary };
  }

  function checkHost(request: Request): void {
    const host = hostOf(request);
    switch (judgeHost(host)) {
      case "malformed":
        throw new ServiceError("malformed_request", "Host must name one host, with a port or without one");
      case "foreign":
        throw new ServiceError(
          "forbidden",
          `Requests to the host ${host} are not answered; localhost is accepted, and each host in ALLOWED_HOSTS`,
          { details: { host } },
        );
    }
  }

  function checkOrigin(request: Request): void {
    const origin = request.headers.get("origin");
    if (readingMethods.includes(request.method) || isOwnPage(request, origin)) return;
    if (origin !== null && isAllowed(origin)) return;
    throw refusal(origin, "change nothing here");
  }

  function answerPreflight(request: Request): Response {
    const origin = request.headers.get("origin");
    const headers = new Headers(readingHeaders(origin));
    if (!headers.has("access-control-allow-origin")) throw refusal(origin, "neither read nor change anything here");
    const methods = origin !== null && isAllowed(origin) ? allMethods : readingMethods;
    headers.set("access-control-allow-methods", methods.join(","));
    headers.set("access-control-allow-headers", grantedHeaders(request.headers.get("access-control-request-headers")));
    headers.set("access-control-max-age", String(preflightSeconds));
    headers.append("vary", "Access-Control-Request-Headers");
    // Chromium asks this of a page on the internet before it lets it reach a private network.
    if (request.headers.get("access-control-request-private-network") === "true") {
      headers.set("access-control-allow-private-network", "true");
    }
    return new Response(null, { status: 204, headers });
  }

  return {
    areTheSameForAll,
    addReadingHeaders: (headers, origin) => addHeaders(headers, readingHeaders(origin)),
    answersHost: (request) => judgeHost(hostOf(request)) === "answered",
    async guard(c, next) {
      const request = c.req.raw;
      checkHost(request);
      if (request.method === "OPTIONS" && request.headers.has("access-control-request-method")) {
        return answerPreflight(request);
      }
      checkOrigin(request);
      await next();
      addHeaders(c.res.headers, readingHeaders(request.headers.get("origin")));
    },
  };
}

const headersFor = (origin: string) => ({
  "access-control-allow-origin": origin,
  "timing-allow-origin": origin,
  "access-control-expose-headers": exposedHeaders,
});

function addHeaders(headers: Headers, added: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(added)) {
    if (name !== "vary") headers.set(name, value);
    else if (!headers.get("vary")?.includes(value)) headers.append("vary", value);
  }
}

function grantedHeaders(asked: string | null): string {
  const usual = new Set(requestHeaders.map((name) => name.toLowerCase()));
  const further = (asked ?? "").split(",").map((name) => name.trim());
  return [...requestHeaders, ...further.filter((name) => name !== "" && !usual.has(name.toLowerCase()))].join(",");
}

function refusal(origin: string | null, what: string): ServiceError {
  const page = origin === null ? "A page of another site" : `A page of ${origin}`;
  return new ServiceError("forbidden", `${page} may ${what}; ALLOWED_ORIGINS names the origins whose pages may`, {
    details: { origin },
  });
}

/**
 * Whether no page of another origin sent the request. Browsers say so in `Sec-Fetch-Site` to https and loopback, whatever
 * proxy stands between; to other addresses they do not, and there the origin has to be the host that was asked.
 */
function isOwnPage(request: Request, origin: string | null): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin" || site === "none";
  if (origin === null) return true;
  const scheme = /^https?:\/\//.exec(origin)?.[0];
  const own = `${scheme}${hostOf(request)}`;
  return scheme !== undefined && URL.canParse(own) && new URL(own).origin === origin.toLowerCase();
}

/**
 * Whether a cookie of ours may stand for a key in this request: its own pages alone send it, whatever other origins are
 * allowed. What changes something has to say so; browsers do with every request but GET and HEAD.
 */
export function mayUseCookie(request: Request): boolean {
  const origin = request.headers.get("origin");
  if (!isOwnPage(request, origin)) return false;
  const isReading = readingMethods.includes(request.method);
  return isReading || origin !== null || request.headers.get("sec-fetch-site") === "same-origin";
}

function originMatcher(origins: Origins): (origin: string) => boolean {
  if (origins === "*") return () => true;
  const exact = new Set(origins.filter((origin) => !origin.endsWith(":*")));
  const ofAnyPort = new Set(origins.filter((origin) => origin.endsWith(":*")).map((origin) => origin.slice(0, -2)));
  return (given) => {
    const origin = given.toLowerCase();
    return exact.has(origin) || ofAnyPort.has(origin.replace(/:\d+$/, ""));
  };
}

/** The host that is asked; empty where the request names none, as HTTP/1.0 allows. No browser leaves it out. */
const hostOf = (request: Request): string => request.headers.get("host") ?? new URL(request.url).host;

type HostVerdict = "answered" | "foreign" | "malformed";

/** Few hosts are asked for again and again, so what was judged once is remembered, up to this many. */
const mostRemembered = 256;

function createHostJudge(allowedHosts: readonly string[] | null): (host: string) => HostVerdict {
  const remembered = new Map<string, HostVerdict>();
  const allowed = allowedHosts && new Set(allowedHosts);
  function judge(host: string): HostVerdict {
    if (host === "") return "answered";
    const name = hostName(host);
    if (name === null) return "malformed";
    return !allowed || isLoopback(name) || allowed.has(name) ? "answered" : "foreign";
  }
  return (host) => {
    const known = remembered.get(host);
    if (known) return known;
    const verdict = judge(host);
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(host, verdict);
    return verdict;
  };
}

/**
 * The name in a Host, in the one spelling that browsers use: lower case, no port, no dot at the end; null for what is no
 * host (RFC 9110, 7.2).
 */
function hostName(host: string): string | null {
  if (!/^(\[[0-9a-f:.]+\]|[^\s/?#@:,\\[\]]+)(:\d*)?$/i.test(host) || !URL.canParse(`http://${host}`)) return null;
  return new URL(`http://${host}`).hostname.replace(/\.$/, "");
}

/** 127.0.0.0/8, ::1, and the names that never lead elsewhere (RFC 6761, 6.3). */
const isLoopback = (name: string): boolean =>
  /^127\.\d+\.\d+\.\d+$/.test(name) || name === "[::1]" || /(^|\.)localhost$/.test(name);

/**
 * The origins of a list with commas between.
 *
 * @throws Error naming the part that is no origin
 */
export function parseOrigins(list: string): Origins {
  const parts = listed(list);
  return parts.includes("*") ? "*" : parts.map(parseOrigin);
}

function parseOrigin(text: string): string {
  const [, start = "", port = ""] =
    /^([a-z][a-z0-9+.-]*:\/\/(?:\[[0-9a-f:.]+\]|[^\s/?#@:\\[\]*]+))(:\d+|:\*)?\/?$/i.exec(text) ?? [];
  const isAnyPort = port === ":*";
  const origin = isAnyPort ? start : start + port;
  if (start === "" || !URL.canParse(origin)) {
    throw new Error(`${JSON.stringify(text)} is no origin such as https://www.example or http://localhost:*`);
  }
  // The origin of another scheme, such as an app's, is opaque to URL; browsers send it as it is.
  const spelt = /^https?:/i.test(origin) ? new URL(origin).origin : origin.toLowerCase();
  return isAnyPort ? `${spelt}:*` : spelt;
}

/**
 * The hosts of a list with commas between; null for `*`, which answers every Host.
 *
 * @throws Error naming the part that is no host
 */
export function parseHosts(list: string): string[] | null {
  const parts = listed(list);
  if (parts.includes("*")) return null;
  return parts.map((text) => {
    const name = /:\d*$/.test(text) && !text.endsWith("]") ? null : hostName(text);
    if (name === null) throw new Error(`${JSON.stringify(text)} is no host such as video.example, without a port`);
    return name;
  });
}

const listed = (list: string): string[] =>
  list
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** What an operator says of it; without `ALLOWED_HOSTS` a service that listens on loopback alone answers loopback alone. */
export interface CrossOriginConfig {
  HOST: string;
  ALLOWED_ORIGINS: Origins;
  ALLOWED_HOSTS?: readonly string[] | null | undefined;
}

/** Whether an address to listen on is reached from this machine alone. */
export function listensOnLoopback(host: string): boolean {
  const bare = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return isLoopback(hostName(bare) ?? "");
}

/** @param further origins that may read, and hosts that are answered wherever Hosts are looked at */
export function crossOriginRulesOf(
  { HOST, ALLOWED_ORIGINS, ALLOWED_HOSTS }: CrossOriginConfig,
  further: { readers?: Origins; hosts?: readonly string[] } = {},
): CrossOriginRules {
  const configured = ALLOWED_HOSTS === undefined ? (listensOnLoopback(HOST) ? [] : null) : ALLOWED_HOSTS;
  return createCrossOriginRules({
    allowedOrigins: ALLOWED_ORIGINS,
    allowedHosts: configured && [...configured, ...(further.hosts ?? [])],
    ...(further.readers === undefined ? {} : { readers: further.readers }),
  });
}
