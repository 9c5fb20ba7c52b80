/** What every part of a service is made of: its app and context, and a router that answers bad input with a `ServiceError`. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { RequestIdVariables } from "hono/request-id";
import type { z } from "zod";
import { ServiceError } from "./errors.ts";
import type { Principal } from "./principal.ts";

/** What the server may lend a request. Each is absent where the runtime has no such thing. */
export interface ServerBindings {
  /** Lets this one request stay silent for as long as it likes (an event stream). */
  keepOpen?: () => void;
  /** The address that the request's connection comes from. */
  clientAddress?: () => string | null;
  /** Aborts when the service begins to drain; event streams end then. */
  draining?: AbortSignal;
}

export type ServiceEnv = {
  Variables: RequestIdVariables & {
    /** Who acts; not set where a request was refused before that was known. */
    principal?: Principal;
    /** The token of the session whose cookie came with the request; it stands for `Authorization: Bearer`. */
    sessionToken?: string;
    /** Whether the request would be let in still. Event streams ask it again and again. */
    isStillAllowed?: () => Promise<boolean>;
  };
  Bindings: ServerBindings;
};
export type ServiceApp = OpenAPIHono<ServiceEnv>;
export type ServiceContext = Context<ServiceEnv>;

/** A router whose validation failures are `ServiceError`s. Each service's `routes.ts` starts its chain with one. */
export function createRouter(routedPath?: (request: Request) => string): ServiceApp {
  return new OpenAPIHono<ServiceEnv>({
    ...(routedPath ? { getPath: routedPath } : {}),
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.target, result.error);
    },
  });
}

/** A path parameter of the wrong form is an invalid path (400); anything else is a bad form (422). */
export function invalidRequest(target: string, error: z.ZodError | { issues: z.core.$ZodIssue[] }): ServiceError {
  const problems = error.issues.map((issue) => ({ field: issue.path.join(".") || target, message: issue.message }));
  const sentence = problems.map((problem) => `${problem.field}: ${problem.message}`).join("; ");
  return target === "param"
    ? new ServiceError("invalid_path", "Invalid path", { details: { problems } })
    : new ServiceError("invalid_request", sentence, { details: { problems } });
}
