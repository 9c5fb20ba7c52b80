/**
 * Binds routes of other services: the parameters of a path are checked here, so that a path is made of checked names only;
 * query, headers and body go on as they come, and their service checks them. The document has the service's own declaration.
 */
import type { RouteConfig } from "@hono/zod-openapi";
import { invalidRequest, problems, type ServiceApp, type ServiceContext } from "@video-backend/service";
import type { OtherService } from "../services/connect-services.ts";
import { forward, forwardFeed } from "./forward.ts";
import { type MountedRoute, slowRoutes } from "./mounted-routes.ts";

export function mountRoutes(router: ServiceApp, service: OtherService, tag: string, routes: MountedRoute[]): void {
  // A path without parameters comes before one whose parameter would take its name for a value.
  const ordered = routes.toSorted((a, b) => Number(pathOf(a).includes("{")) - Number(pathOf(b).includes("{")));
  for (const mounted of ordered) {
    const { route } = mounted;
    document(router, service, tag, mounted);
    const isFeed = "text/event-stream" in contentOf(route);
    const isSlow = slowRoutes.includes(route.operationId);
    router.on(route.method.toUpperCase(), routedPath(pathOf(mounted)), (c) => {
      const path = pathWith(route, c);
      if (isSlow || isFeed) c.env?.keepOpen?.();
      return isFeed ? forwardFeed(c, service, path) : forward(c, service, path);
    });
  }
}

/** The document alone: for routes that are bound elsewhere. */
export function document(router: ServiceApp, service: OtherService, tag: string, mounted: MountedRoute): void {
  const { middleware: _, ...route } = mounted.route as RouteConfig & { middleware?: unknown };
  router.openAPIRegistry.registerPath({
    ...route,
    path: pathOf(mounted),
    ...(mounted.operationId ? { operationId: mounted.operationId } : {}),
    tags: [tag],
    responses: { ...problems({ 503: `${service.name} unavailable: ...` }), ...route.responses },
  });
}

const pathOf = ({ route, path = route.path }: MountedRoute): string => path;

function contentOf({ responses }: RouteConfig): object {
  const answer = responses[200];
  return (answer && "content" in answer && answer.content) || {};
}

/** The one parameter that is a path itself, and may hold slashes. */
const pathParameter = "asset_path";

/** As the router writes paths. */
const routedPath = (path: string): string =>
  path.replace(`{${pathParameter}}`, `:${pathParameter}{.+}`).replaceAll(/\{(\w+)\}/g, ":$1");

/** @throws ServiceError `invalid_path` for a parameter that is not of the declared form */
function pathWith({ path, request }: RouteConfig, c: ServiceContext): string {
  const given = c.req.param();
  const checked = request?.params?.safeParse(given);
  if (checked && !checked.success) throw invalidRequest("param", checked.error);
  const params = (checked?.data ?? {}) as Record<string, unknown>;
  // Encoded, a name stays one part of the path, whatever it holds.
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === pathParameter ? String(params[name]) : encodeURIComponent(String(params[name])),
  );
}
