/**
 * Three questions. `/health`: can the service do its work? For people, and for whoever shows it. `/health/live`: does the process
 * answer? When it does not, it is to be started anew. `/health/ready`: does what it needs itself work, its database and its
 * storage? When not, requests are better sent to another one. That another service is down is in none of the answers.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { breakerStates, type Callees } from "./callees.ts";
import { messageOf } from "./errors.ts";
import { json } from "./openapi.ts";
import type { ServiceApp } from "./router.ts";
import { anybody } from "./scopes.ts";

/** Each check resolves when the thing it is named after works, and throws with a sentence when it does not. */
export type HealthChecks = Record<string, () => void | Promise<void>>;

const checkSeconds = 3;

export const Health = z
  .object({
    status: z.enum(["healthy", "unhealthy"]),
    service: z.string().openapi({ example: "upload_service" }),
    failed: z.record(z.string(), z.string()).optional().openapi({ description: "Reason by failed check" }),
  })
  .openapi("Health");

const Live = z.object({ status: z.literal("live"), service: z.string() }).openapi("Live");

const Ready = z
  .object({
    status: z.enum(["ready", "unready"]),
    service: z.string(),
    failed: z.record(z.string(), z.string()).optional().openapi({ description: "Reason by failed check" }),
    callees: z.record(z.string(), z.enum(breakerStates)).optional().openapi({
      description: "The breaker of each service that this one calls. An open one does not make it unready",
    }),
  })
  .openapi("Ready");

const health = createRoute({
  method: "get",
  path: "/health",
  operationId: "health",
  ...anybody,
  tags: ["Service"],
  summary: "Check health",
  description: "Runs the checks of this service, such as its database and its storage.",
  responses: {
    200: json(Health, "Healthy", { status: "healthy", service: "upload_service" }),
    503: json(Health, "Unhealthy, with the failed checks", {
      status: "unhealthy",
      service: "upload_service",
      failed: { database: "no answer within 3 s" },
    }),
  },
});

const live = createRoute({
  method: "get",
  path: "/health/live",
  operationId: "checkLive",
  ...anybody,
  tags: ["Service"],
  summary: "Check that the process answers",
  description: "Checks nothing else. A process that does not answer is to be started anew.",
  responses: { 200: json(Live, "It answers", { status: "live", service: "upload_service" }) },
});

const ready = createRoute({
  method: "get",
  path: "/health/ready",
  operationId: "checkReady",
  ...anybody,
  tags: ["Service"],
  summary: "Check readiness for requests",
  description:
    "Checks the database and the storage of this service. Another service that is down does not make this one unready.",
  responses: {
    200: json(Ready, "Ready", { status: "ready", service: "upload_service", callees: { metadata: "closed" } }),
    503: json(Ready, "Not ready, with the failed checks", {
      status: "unready",
      service: "upload_service",
      failed: { database: "no answer within 3 s" },
    }),
  },
});

/** Without these a service answers nothing; its other checks are of its work in the background. */
const neededForRequests = ["database", "storage"];

/** Adds the health routes to a service. */
export function addHealth(
  app: ServiceApp,
  service: string,
  checks: HealthChecks,
  callees: Pick<Callees, "states"> | undefined,
): void {
  const needed = Object.fromEntries(Object.entries(checks).filter(([name]) => neededForRequests.includes(name)));
  app.openapi(health, async (c) => {
    const failed = await failuresOf(checks);
    c.header("cache-control", "no-store");
    return failed === null
      ? c.json({ status: "healthy" as const, service }, 200)
      : c.json({ status: "unhealthy" as const, service, failed }, 503);
  });
  app.openapi(live, (c) => {
    c.header("cache-control", "no-store");
    return c.json({ status: "live" as const, service }, 200);
  });
  app.openapi(ready, async (c) => {
    const failed = await failuresOf(needed);
    const told = { service, ...(callees && { callees: callees.states() }) };
    c.header("cache-control", "no-store");
    return failed === null
      ? c.json({ status: "ready" as const, ...told }, 200)
      : c.json({ status: "unready" as const, ...told, failed }, 503);
  });
}

/** Reasons by failed check; null when all is well. */
async function failuresOf(checks: HealthChecks): Promise<Record<string, string> | null> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await reasonOfFailure(check)] as const),
  );
  const failed = results.filter((result): result is [string, string] => result[1] !== null);
  return failed.length === 0 ? null : Object.fromEntries(failed);
}

async function reasonOfFailure(check: () => void | Promise<void>): Promise<string | null> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${checkSeconds} s`)), checkSeconds * 1000);
  try {
    await Promise.race([Promise.resolve().then(check), late.promise]);
    return null;
  } catch (error) {
    return messageOf(error);
  } finally {
    clearTimeout(timer);
  }
}
