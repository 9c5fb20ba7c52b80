/**
 * The HTTP shell every service stands in: request id, one log line a request, the rules for other hosts and origins,
 * problem+json for every error, `/health`, `/metrics`, `/openapi.json` and `/docs`. What comes out is a portable `fetch`; nothing here knows which server calls it.
 */
import { withoutPlaybackToken } from "@video-backend/access";
import { checkDatabase, isDatabaseBusy, untilWritable } from "@video-backend/database/busy";
import type { MiddlewareHandler } from "hono";
import { contextStorage } from "hono/context-storage";
import { HTTPException } from "hono/http-exception";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import {
  type AccessRule,
  createAccess,
  declaredRules,
  type FurtherCredentials,
  type Keys,
  rulesOfShell,
} from "./access.ts";
import type { Callees } from "./callees.ts";
import { type CrossOriginRules, createCrossOriginRules } from "./cross-origin.ts";
import { addDocs } from "./docs.ts";
import { isServiceError, messageOf, ServiceError } from "./errors.ts";
import { addHealth, type HealthChecks } from "./health.ts";
import { createLimits, type RateLimits } from "./limits.ts";
import type { Log } from "./log.ts";
import { createMetrics, type Metrics, methodLabel, routeLabel } from "./metrics.ts";
import { addMetrics } from "./metrics-route.ts";
import { nameOfPrincipal } from "./principal.ts";
import { problemResponse } from "./problem.ts";
import { createRouter, type ServiceApp, type ServiceContext, type ServiceEnv } from "./router.ts";

export interface ServiceOptions extends FurtherCredentials {
  /** The name on the wire, such as `upload_service`. */
  name: string;
  title: string;
  description: string;
  log: Log;
  /** What must work for the service to do its work; each throws when it does not. */
  checks: HealthChecks;
  /** Which hosts are answered and which pages may do what; without it any host, and the pages of this machine. */
  crossOrigin?: CrossOriginRules | undefined;
  /**
   * Its own database. `/health` checks it; a request that may write waits while another program holds it, and is answered
   * with 503 when that takes too long, as is any other that meets the lock.
   */
  database?: Parameters<typeof untilWritable>[0];
  /** Runs around every route, in this order, inside the log line. Here, since `.use()` in a chain loses its types. */
  middleware?: MiddlewareHandler<ServiceEnv>[];
  /** Told at `/metrics`, with the requests, which are counted here. Without it there are no others. */
  metrics?: Metrics | undefined;
  /** Whom it calls; told at `/health/ready`. */
  callees?: Pick<Callees, "states"> | undefined;
  /** Who is let in, where keys are needed; without it everybody is. */
  keys?: Keys | undefined;
  /** How often one caller may ask; without it as often as it likes. */
  limits?: RateLimits | undefined;
  /** Who may call what is in no document, such as pages; all else that is in none is for the scope `admin`. */
  accessRules?: AccessRule[];
  /** The path that a request is routed by, where that is not its own. What is left out stays out of the log, too. */
  routedPath?: (request: Request) => string;
}

/** The shell around a service's routes. */
export function createService(options: ServiceOptions, routes: ServiceApp): ServiceApp {
  const metrics = options.metrics ?? createMetrics();
  const app = createRouter(options.routedPath);
  app.use(requestId());
  app.use(contextStorage());
  app.use(async (c, next) => {
    const startedAt = performance.now();
    await next();
    const milliseconds = performance.now() - startedAt;
    const labels = {
      http_request_method: methodLabel(c.req.method),
      http_route: routeLabel(routePath(c)),
      http_response_status_code: String(c.res.status),
    };
    metrics.requests.of(labels).observe(milliseconds / 1000);
    const line = {
      requestId: c.get("requestId"),
      method: c.req.method,
      path: withoutPlaybackToken(c.req.path),
      status: c.res.status,
      ...principalOf(c),
      milliseconds: Math.round(milliseconds),
    };
    if (askedByMachines.includes(c.req.path)) options.log.debug(line, "request");
    else options.log.info(line, "request");
  });
  app.use((options.crossOrigin ?? createCrossOriginRules()).guard);
  const allRules = () => [...rules, ...rulesOfShell, ...(options.accessRules ?? [])];
  const limits = options.limits && createLimits(options.limits, allRules);
  if (limits) app.use(limits.failedKeys);
  app.use(createAccess(options.keys, allRules, options));
  if (limits) app.use(limits.requests);
  app.onError((error, c) => answerError(error, c, options.log));
  app.notFound((c) => {
    const error = new ServiceError("not_found", `Nothing answers ${c.req.method} ${c.req.path}; see /docs`);
    return problemResponse(error, c.get("requestId"));
  });
  for (const handler of options.middleware ?? []) app.use(handler);
  const { database } = options;
  if (database) app.use(untilTheDatabaseIsFree(database));
  const checks = { ...(database ? { database: () => checkDatabase(database) } : {}), ...options.checks };
  addHealth(app, options.name, checks, options.callees);
  addMetrics(app, metrics);
  app.route("/", routes);
  addDocs(app, options);
  const rules = declaredRules(app);
  return app;
}

/** So often that a line of each would be most of the log. */
const askedByMachines = ["/health", "/health/live", "/health/ready", "/metrics"];

function principalOf(c: ServiceContext): { principal?: string } {
  const principal = c.get("principal");
  return principal && principal.kind !== "anybody" ? { principal: nameOfPrincipal(principal) } : {};
}

/** Less than the deadline of the typed clients, so that they hear 503 and not nothing. */
const lockPatienceSeconds = 3;
const readingMethods = ["GET", "HEAD", "OPTIONS"];

function untilTheDatabaseIsFree(database: Parameters<typeof untilWritable>[0]): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    if (!readingMethods.includes(c.req.method)) {
      await untilWritable(database, { seconds: lockPatienceSeconds });
    }
    await next();
  };
}

function answerError(error: unknown, c: ServiceContext, log: Log): Response {
  const requestId = c.get("requestId");
  if (isServiceError(error)) {
    if (error.code === "internal") log.error({ requestId, err: error }, "internal error");
    return problemResponse(error, requestId);
  }
  if (error instanceof HTTPException && error.status < 500) {
    return problemResponse(new ServiceError("malformed_request", error.message || "Malformed request"), requestId);
  }
  if (isDatabaseBusy(error)) {
    log.warn({ requestId, reason: messageOf(error) }, "the database is held by another program");
    const sentence = "Another program holds the database at this moment; try again";
    return problemResponse(new ServiceError("unavailable", sentence), requestId);
  }
  log.error({ requestId, err: error }, "unexpected error");
  return problemResponse(new ServiceError("internal", "Internal server error"), requestId);
}
