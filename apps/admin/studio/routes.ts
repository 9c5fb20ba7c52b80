/**
 * The studio's pages. They are one document under several addresses, which finds out by itself which page it is; what it
 * loads has a hash in its name and is kept by browsers for ever.
 */
import { serveBundled } from "@video-backend/bundle";
import { createRouter, type ServiceContext, ServiceError } from "@video-backend/service";
import { renderPage } from "@video-backend/studio/page";
import { getCookie } from "hono/cookie";
import type { AdminDeps, StudioDeps } from "../deps.ts";
import { addressesFor } from "./addresses.ts";
import { securityPolicy } from "./security-policy.ts";

/** Below here lies what pages load. */
const assets = "studio/assets";

export function createStudioRoutes({ services, keys }: AdminDeps, { bundle, publicStreamingUrl }: StudioDeps) {
  const page = async (c: ServiceContext) => {
    const { nameOf } = await bundle();
    const auth = keys ? "keys" : "open";
    const addresses = addressesFor(new URL(c.req.url), services, publicStreamingUrl, auth);
    const root = rootFrom(c.req.path);
    const theme = getCookie(c, "studio-theme");
    c.header("content-security-policy", securityPolicy(new URL(addresses.streaming).origin));
    c.header("referrer-policy", "same-origin");
    c.header("x-content-type-options", "nosniff");
    // It names the assets of this version, and must not outlive it.
    c.header("cache-control", "no-cache");
    return c.html(
      renderPage({
        script: `${root}${assets}/${nameOf("studio.js")}`,
        style: `${root}${assets}/${nameOf("studio.css")}`,
        settings: { addresses, root, auth, streamingIsConfigured: publicStreamingUrl !== undefined },
        theme: theme === "light" || theme === "dark" ? theme : null,
      }),
    );
  };
  const routes = createRouter();
  routes.get("/", page);
  routes.get("/studio/system", page);
  routes.get("/studio/keys", page);
  routes.get("/studio/webhooks", page);
  routes.get("/studio/videos/:id", page);
  routes.get(`/${assets}/:name`, async (c) => {
    const file = (await bundle()).files.get(c.req.param("name"));
    if (!file) throw new ServiceError("not_found", "File not found");
    return serveBundled(c.req.raw, file);
  });
  return routes;
}

/** The way up from a path to the root. Relative, since a proxy may have taken a prefix off, and does not say so. */
const rootFrom = (path: string): string => "../".repeat(path.split("/").length - 2) || "./";
