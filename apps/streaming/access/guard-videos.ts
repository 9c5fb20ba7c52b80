/** Access bound to the routes: everything below `/stream/{id}/` is behind it, whatever routes there are. */
import { playbackTokenExpiry, splitPlayPath } from "@video-backend/access";
import type { ServiceEnv } from "@video-backend/service";
import type { MiddlewareHandler } from "hono";
import { getPath } from "hono/utils/url";
import type { AccessDeps } from "../deps.ts";
import { cacheControlOfPrivate } from "./cache-control.ts";
import { checkAccess } from "./check-access.ts";

/** Where the guard stands. */
export const guarded = "/stream/:id/*";

/** `/play/{token}/{id}/…` is routed as `/stream/{id}/…`, so that there is one set of routes, and no token in a log. */
export function streamPathOf(request: Request): string {
  const path = getPath(request);
  return splitPlayPath(path)?.streamPath ?? path;
}

/** For the path `guarded`. */
export function guardVideos(deps: AccessDeps): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const videoId = c.req.param("id") ?? "";
    const token = splitPlayPath(getPath(c.req.raw))?.token;
    const access = await checkAccess(deps, { videoId, token });
    await next();
    if (access === "public" || token === undefined) return;
    const { headers } = c.res;
    const secondsLeft = playbackTokenExpiry(token) - deps.now();
    headers.set("cache-control", cacheControlOfPrivate(headers.get("cache-control"), deps.privateCaching, secondsLeft));
  };
}
