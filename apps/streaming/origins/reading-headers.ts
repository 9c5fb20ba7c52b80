/**
 * Which pages may read what we serve (the fetch standard's CORS protocol) and see how long it took (Resource Timing). One
 * place says it for files and for routes.
 */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";

/** All pages, or those of these origins, such as `https://player.example`. */
export type AllowedOrigins = "*" | readonly string[];

export interface ReadingHeaders {
  /** Whether the page that asks makes no difference. */
  areTheSameForAll: boolean;
  /** An answer's headers with those that a page of this origin needs to read it. */
  add(origin: string | null, headers: Record<string, string>): Record<string, string>;
}

/** What a player reads of an answer, and what it may send with a question. */
const exposed = [
  "Content-Length",
  "Content-Range",
  "Accept-Ranges",
  "ETag",
  "Last-Modified",
  "Content-Encoding",
  "Content-Disposition",
  "X-Request-Id",
];
const asked = ["Range", "If-Range", "If-None-Match", "If-Modified-Since", "X-Request-Id"];
const preflightSeconds = 86_400;

export function createReadingHeaders(allowed: AllowedOrigins): ReadingHeaders {
  const exposedHeaders = exposed.join(",");
  return {
    areTheSameForAll: allowed === "*",
    add(origin, headers) {
      const reader = readerOf(allowed, origin);
      // One answer for all origins must not be kept for another one.
      const vary = allowed === "*" ? headers.vary : [headers.vary, "Origin"].filter(Boolean).join(", ");
      return {
        ...headers,
        ...(reader ? { "access-control-allow-origin": reader, "timing-allow-origin": reader } : {}),
        "access-control-expose-headers": exposedHeaders,
        ...(vary ? { vary } : {}),
      };
    },
  };
}

/** The same for the answers of routes, and for preflights. */
export function openForReading(allowed: AllowedOrigins): MiddlewareHandler[] {
  return [
    cors({
      origin: allowed === "*" ? "*" : [...allowed],
      allowMethods: ["GET", "HEAD", "OPTIONS"],
      allowHeaders: asked,
      exposeHeaders: exposed,
      maxAge: preflightSeconds,
    }),
    async (c, next) => {
      const reader = readerOf(allowed, c.req.header("origin"));
      if (reader !== null) c.header("timing-allow-origin", reader);
      await next();
    },
  ];
}

function readerOf(allowed: AllowedOrigins, origin: string | null | undefined): string | null {
  if (allowed === "*") return "*";
  return origin && allowed.includes(origin) ? origin : null;
}
