/**
 * The HTTP shell every service stands in: request id, one log line a request, the rules for other hosts and origins,
 * problem+json for every error, `/health`, `/openapi.json` and `/docs`. What comes out is a portable `fetch`; nothing here knows which server calls it.
 */
import { OpenAPIHono } from "@hono/zod-openapi";
import { withoutPlaybackToken } from "@video-backend/access";
import { checkDatabase, isDatabaseBusy, untilWritable } from "@video-backend/database/busy";
import type { Context, MiddlewareHandler } from "hono";
import { contextStorage } from "hono/context-storage";
import { HTTPException } from "hono/http-exception";
import { type RequestIdVariables, requestId } from "hono/request-id";
import type { z } from "zod";
import { type CrossOriginRules, createCrossOriginRules } from "./cross-origin.ts";
import { addDocs } from "./docs.ts";
import { isServiceError, messageOf, ServiceError } from "./errors.ts";
import { addHealth, type HealthChecks } from "./health.ts";
import type { Log } from "./log.ts";
import { problemResponse } from "./problem.ts";

/** What the server may lend a request. Each is absent where the runtime has no such thing. */
export interface ServerBindings {
  /** Lets this one request stay silent for as long as it likes (an event stream). */
  keepOpen?: () => void;
  /** The address that the request's connection comes from. */
  clientAddress?: () => string | null;
  /** Aborts when the service begins to drain; event streams end then. */
  draining?: AbortSignal;
}

export type ServiceEnv = { Variables: RequestIdVariables; Bindings: ServerBindings };
export type ServiceApp = OpenAPIHono<ServiceEnv>;
export type ServiceContext = Context<ServiceEnv>;

export interface ServiceOptions {
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
  /** The path that a request is routed by, where that is not its own. What is left out stays out of the log, too. */
  routedPath?: (request: Request) => string;
}

/** A router whose validation failures are `ServiceError`s. Each service's `routes.ts` starts its chain with one. */
export function createRouter(routedPath?: ServiceOptions["routedPath"]): ServiceApp {
  return new OpenAPIHono<ServiceEnv>({
    ...(routedPath ? { getPath: routedPath } : {}),
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.target, result.error);
    },
  });
}

/** The shell around a service's routes. */
export function createService(options: ServiceOptions, routes: ServiceApp): ServiceApp {
  const app = createRouter(options.routedPath);
  app.use(requestId());
  app.use(contextStorage());
  app.use(async (c, next) => {
    const startedAt = performance.now();
    await next();
    const line = {
      requestId: c.get("requestId"),
      method: c.req.method,
      path: withoutPlaybackToken(c.req.path),
      status: c.res.status,
      milliseconds: Math.round(performance.now() - startedAt),
    };
    if (c.req.path === "/health") options.log.debug(line, "request");
    else options.log.info(line, "request");
  });
  app.use((options.crossOrigin ?? createCrossOriginRules()).guard);
  app.onError((error, c) => answerError(error, c, options.log));
  app.notFound((c) => {
    const error = new ServiceError("not_found", `Nothing answers ${c.req.method} ${c.req.path}; see /docs`);
    return problemResponse(error, c.get("requestId"));
  });
  for (const handler of options.middleware ?? []) app.use(handler);
  const { database } = options;
  if (database) app.use(untilTheDatabaseIsFree(database));
  addHealth(app, options.name, {
    ...(database ? { database: () => checkDatabase(database) } : {}),
    ...options.checks,
  });
  app.route("/", routes);
  addDocs(app, options);
  return app;
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

/** A path parameter of the wrong form is an invalid path (400); anything else is a bad form (422). */
export function invalidRequest(target: string, error: z.ZodError | { issues: z.core.$ZodIssue[] }): ServiceError {
  const problems = error.issues.map((issue) => ({ field: issue.path.join(".") || target, message: issue.message }));
  const sentence = problems.map((problem) => `${problem.field}: ${problem.message}`).join("; ");
  return target === "param"
    ? new ServiceError("invalid_path", "Invalid path", { details: { problems } })
    : new ServiceError("invalid_request", sentence, { details: { problems } });
}
