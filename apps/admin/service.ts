/** The admin service: what concerns all of a video, the state of the system, and one address in front of the others. */
import {
  anybody,
  createService,
  notLimited,
  type ServiceApp,
  uploadScopeOrToken,
  verifiedFurtherOn,
} from "@video-backend/service";
import type { AdminDeps } from "./deps.ts";
import { createRoutes } from "./routes.ts";

/** A portable `fetch` over these dependencies. */
export function createAdminService(deps: AdminDeps): ServiceApp {
  return createService(
    {
      name: "admin_service",
      title: "Admin service",
      description: "What concerns all of a video, the state of the system, and one address in front of the others.",
      log: deps.log,
      metrics: deps.metrics,
      callees: deps.callees,
      crossOrigin: deps.crossOrigin,
      keys: deps.keys,
      limits: deps.rateLimits,
      takesSessionCookie: true,
      uploadTokens: verifiedFurtherOn,
      accessRules: [
        ...["/", "/studio/*", "/watch/assets/*"].map((path) => ({ method: "GET", path, ...anybody })),
        { path: "/files/*", ...uploadScopeOrToken, ...notLimited },
      ],
      checks: { storage: () => deps.store.check() },
    },
    createRoutes(deps),
  );
}
