/** The contract bound to the verbs. One chain, because the typed client is made of its type. */
import { createRouter } from "@video-backend/service";
import { parseResponse } from "hono/client";
import * as contract from "./contract.ts";
import type { AdminDeps } from "./deps.ts";
import { createGatewayRoutes } from "./gateway/routes.ts";
import { checkServices } from "./services/check-services.ts";
import { createStudioRoutes } from "./studio/routes.ts";
import { deleteVideo } from "./videos/delete-video.ts";
import { describeVideo } from "./videos/describe-video.ts";
import { listVideosWithSizes } from "./videos/list-videos.ts";
import { resumeVideo } from "./videos/resume-video.ts";
import { stopVideo } from "./videos/stop-video.ts";

export type AdminRoutes = ReturnType<typeof createRoutes>;

export function createRoutes(deps: AdminDeps) {
  const routes = createRouter()
    .openapi(contract.resumeAll, async (c) =>
      c.json(await parseResponse(deps.services.transcoding.client.transcode.resume.$post()), 200),
    )
    .openapi(contract.getSystemStatus, async (c) => c.json(await checkServices(deps), 200))
    .openapi(contract.listAdminVideos, async (c) => c.json(await listVideosWithSizes(deps, c.req.query()), 200))
    .openapi(contract.deleteAdminVideo, async (c) =>
      c.json(await deleteVideo(deps, c.req.valid("param").video_id), 200),
    )
    .openapi(contract.stopAdminVideo, async (c) => c.json(await stopVideo(deps, c.req.valid("param").video_id), 200))
    .openapi(contract.resumeAdminVideo, async (c) =>
      c.json(await resumeVideo(deps, c.req.valid("param").video_id), 200),
    )
    .openapi(contract.getVideoState, async (c) => c.json(await describeVideo(deps, c.req.valid("param").video_id), 200))
    .route("/", createGatewayRoutes(deps));
  // Outside the chain: pages are nothing that a client calls.
  if (deps.studio) routes.route("/", createStudioRoutes(deps, deps.studio));
  return routes;
}
