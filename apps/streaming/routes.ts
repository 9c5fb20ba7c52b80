/** The contract bound to the verbs. One chain, because the typed client is made of its type. */
import { anybody, createRouter, scope } from "@video-backend/service";
import { masterFile, playlistPath } from "@video-backend/storage/layout";
import { guarded, guardVideos } from "./access/guard-videos.ts";
import { refuseMethod } from "./assets/refuse-method.ts";
import { serveAsset } from "./assets/serve-asset.ts";
import * as contract from "./contract.ts";
import { findOrRestore } from "./demands/find-or-restore.ts";
import { findSegment } from "./demands/find-segment.ts";
import type { StreamingDeps } from "./deps.ts";
import { asDownload } from "./originals/as-download.ts";
import { findOriginal } from "./originals/find-original.ts";
import { listQualities } from "./playlists/list-qualities.ts";
import { createWatchRoutes } from "./watch/routes.ts";

export type StreamingRoutes = ReturnType<typeof createRoutes>;

export function createRoutes(deps: StreamingDeps) {
  const router = createRouter();
  const needsKey = deps.originals === "key";
  // Before the chain, which would lose its types by it.
  router.use(guarded, guardVideos(deps));
  const routes = router
    .route("/", createWatchRoutes(deps))
    .openapi(contract.getMaster, async (c) => {
      const { id } = c.req.valid("param");
      return serveAsset(c, await findOrRestore(deps, id, masterFile, "Master playlist not found"));
    })
    .openapi({ ...contract.getOriginal, ...(needsKey ? scope("read") : anybody) }, async (c) => {
      const { asset, filename } = await findOriginal(deps, c.req.valid("param").id);
      // What was served to a key is not for shared caches.
      if (needsKey) c.header("cache-control", "private, no-cache");
      return serveAsset(c, asset, c.req.valid("query").download === "1" ? asDownload(filename) : {});
    })
    .openapi(contract.listQualities, async (c) => c.json(await listQualities(deps, c.req.valid("param").id), 200))
    .openapi(contract.getPlaylist, async (c) => {
      const { id, quality } = c.req.valid("param");
      return serveAsset(c, await findOrRestore(deps, id, playlistPath(quality), "Playlist not found"));
    })
    .openapi(contract.getSegment, async (c) => {
      const segment = await findSegment(deps, c.req.valid("param"));
      const response = serveAsset(c, segment);
      deps.counts.countSegment(segment, c.req.method, response.status);
      return response;
    });
  // Outside the chain: this spelling of the path is for the router alone.
  routes.openapi({ ...contract.getAsset, path: "/stream/{id}/:asset_path{.+}", hide: true }, async (c) => {
    const { id, asset_path } = c.req.valid("param");
    return serveAsset(c, await findOrRestore(deps, id, asset_path, "File not found"));
  });
  routes.openAPIRegistry.registerPath(contract.getAsset);
  routes.openAPIRegistry.registerPath(contract.playByToken);
  routes.all("/stream/:id/:path{.+}", refuseMethod);
  return routes;
}
