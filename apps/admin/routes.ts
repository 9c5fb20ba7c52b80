/** The contract bound to the verbs. One chain, because the typed client is made of its type. */
import { createRouter, isOverHttps, sessionCookie } from "@video-backend/service";
import { parseResponse } from "hono/client";
import { deleteCookie, setCookie } from "hono/cookie";
import * as contract from "./contract.ts";
import type { AdminDeps } from "./deps.ts";
import { createGatewayRoutes } from "./gateway/routes.ts";
import { checkServices } from "./services/check-services.ts";
import * as session from "./session/contract.ts";
import { defaultTerms, describeSession, logIn, logOut } from "./session/session.ts";
import { createStudioRoutes } from "./studio/routes.ts";
import { deleteVideo } from "./videos/delete-video.ts";
import { describeVideo } from "./videos/describe-video.ts";
import { listVideosWithSizes } from "./videos/list-videos.ts";
import { resumeVideo } from "./videos/resume-video.ts";
import { stopVideo } from "./videos/stop-video.ts";

export type AdminRoutes = ReturnType<typeof createRoutes>;

/** Of the whole host: a proxy may have taken a prefix off the path, and does not say so. */
const cookieOptions = { httpOnly: true, sameSite: "Strict", path: "/" } as const;

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
    .openapi(session.logIn, async (c) => {
      const { token, session } = await logIn(deps, c.get("principal"));
      const { seconds, proxies } = deps.sessions ?? defaultTerms;
      const secure = isOverHttps(c, proxies);
      setCookie(c, sessionCookie, token, { ...cookieOptions, secure, maxAge: seconds });
      c.header("cache-control", "no-store");
      return c.json(session, 200);
    })
    .openapi(session.getSession, (c) => {
      c.header("cache-control", "no-store");
      return c.json(describeSession(c.get("principal")), 200);
    })
    .openapi(session.logOut, async (c) => {
      await logOut(deps, c.get("principal"));
      deleteCookie(c, sessionCookie, { path: cookieOptions.path });
      return c.json({ status: "ended" as const }, 200);
    })
    .route("/", createGatewayRoutes(deps));
  // Outside the chain: pages are nothing that a client calls.
  if (deps.studio) routes.route("/", createStudioRoutes(deps, deps.studio));
  return routes;
}
