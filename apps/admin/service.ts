/** The admin service: what concerns all of a video, the state of the system, and one address in front of the others. */
import { createService, type Log, type ServiceApp } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { createRoutes } from "./routes.ts";
import type { OtherServices } from "./services/connect-services.ts";
import type { StudioDeps } from "./studio/routes.ts";

export interface AdminDeps {
  /** Where the thumbnails are; of the rest it is only asked what exists. */
  store: BlobStore;
  services: OtherServices;
  /** The pages people see; without it there are none. */
  studio?: StudioDeps;
  log: Log;
}

/** A portable `fetch` over these dependencies. */
export function createAdminService(deps: AdminDeps): ServiceApp {
  return createService(
    {
      name: "admin_service",
      title: "Admin service",
      description: "What concerns all of a video, the state of the system, and one address in front of the others.",
      log: deps.log,
      checks: { storage: () => deps.store.check() },
    },
    createRoutes(deps),
  );
}
