/** `GET /health`: 200 while the service can do its work, 503 with the checks that failed when it cannot. */
import { createRoute, z } from "@hono/zod-openapi";
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

/** Adds the health route to a service. */
export function addHealth(app: ServiceApp, service: string, checks: HealthChecks): void {
  app.openapi(health, async (c) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => [name, await reasonOfFailure(check)] as const),
    );
    const failed = Object.fromEntries(results.filter((result): result is [string, string] => result[1] !== null));
    c.header("cache-control", "no-store");
    return Object.keys(failed).length === 0
      ? c.json({ status: "healthy" as const, service }, 200)
      : c.json({ status: "unhealthy" as const, service, failed }, 503);
  });
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
