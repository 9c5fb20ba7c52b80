/** How a program speaks to admin. Chunks, streams and pictures are no part of it: they go with a plain `fetch`. */
import { type ClientOptions, createClient } from "@video-backend/service";
import type { hc } from "hono/client";
import type { AdminRoutes } from "./routes.ts";

export type { DeletedVideo, SystemStatus, VideoState } from "./contract.ts";

export type AdminClient = ReturnType<typeof hc<AdminRoutes>>;

/** @example await parseResponse(admin.admin.videos[":video_id"].$delete({ param: { video_id } })) */
export function createAdminClient(options: Omit<ClientOptions, "name">): AdminClient {
  return createClient<AdminRoutes>({ ...options, name: "Admin service" });
}
