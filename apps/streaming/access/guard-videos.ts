/** Access bound to the routes: everything below `/stream/{id}/` is behind it, whatever routes there are. */
import { splitPlayPath } from "@video-backend/access";
import type { ServiceEnv } from "@video-backend/service";
import type { MiddlewareHandler } from "hono";
import { getPath } from "hono/utils/url";
import { forOneViewer } from "./cache-control.ts";
import { type AccessDeps, checkAccess } from "./check-access.ts";

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
    if (access === "private") c.res.headers.set("cache-control", forOneViewer(c.res.headers.get("cache-control")));
  };
}
