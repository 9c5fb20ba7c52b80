/** The gateway's contract bound: questions go through typed clients, bodies are forwarded as they come. */
import { playPath } from "@video-backend/access";
import { createRouter } from "@video-backend/service";
import { parseResponse } from "hono/client";
import type { AdminDeps } from "../deps.ts";
import { findThumbnail } from "../thumbnails/find-thumbnail.ts";
import { saveThumbnail } from "../thumbnails/save-thumbnail.ts";
import { deleteVideo } from "../videos/delete-video.ts";
import { listVideos } from "../videos/list-videos.ts";
import { resumeVideo } from "../videos/resume-video.ts";
import { stopVideo } from "../videos/stop-video.ts";
import * as captions from "./captions-contract.ts";
import { chooseStream } from "./choose-stream.ts";
import * as contract from "./contract.ts";
import { findTranscodeStatus } from "./find-transcode-status.ts";
import { forward } from "./forward.ts";
import * as janitor from "./janitor-contract.ts";
import { createOverviewRoutes } from "./overview.ts";
import * as playback from "./playback-contract.ts";
import { startTranscode } from "./start-transcode.ts";
import { tusRoutes } from "./tus-contract.ts";

export function createGatewayRoutes(deps: AdminDeps) {
  const { upload, metadata, streaming } = deps.services;
  const routes = createRouter()
    .route("/", createOverviewRoutes(deps))
    .openapi(contract.listVideos, async (c) => c.json((await listVideos(deps, c.req.valid("query"))).videos, 200))
    .openapi(contract.getVideo, async (c) =>
      c.json(await parseResponse(metadata.client.videos[":hash"].$get({ param: c.req.valid("param") })), 200),
    )
    .openapi(contract.deleteVideo, async (c) => c.json(await deleteVideo(deps, c.req.valid("param").hash), 200))
    .openapi(contract.stopVideo, async (c) => c.json(await stopVideo(deps, c.req.valid("param").hash), 200))
    .openapi(contract.resumeVideo, async (c) => c.json(await resumeVideo(deps, c.req.valid("param").hash), 200))
    .openapi(playback.updateVideo, async (c) => {
      const changes = { param: c.req.valid("param"), json: c.req.valid("json") };
      return c.json(await parseResponse(metadata.client.videos[":hash"].$put(changes)), 200);
    })
    .openapi(playback.createPlaybackToken, async (c) => {
      const asked = { param: c.req.valid("param"), json: c.req.valid("json") };
      c.header("cache-control", "no-store");
      return c.json(await parseResponse(metadata.client.videos[":hash"]["playback-token"].$post(asked)), 200);
    })
    .openapi(captions.listCaptions, (c) => forward(c, metadata, `/videos/${c.req.valid("param").hash}/captions`))
    .openapi(captions.getCaptions, (c) => forward(c, metadata, captionsPath(c.req.valid("param"))))
    .openapi(captions.saveCaptions, (c) => forward(c, metadata, captionsPath(c.req.valid("param"))))
    .openapi(captions.deleteCaptions, (c) => forward(c, metadata, captionsPath(c.req.valid("param"))))
    .openapi(janitor.inspectStorage, (c) => forward(c, upload, "/upload/janitor"))
    .openapi(janitor.cleanStorage, (c) => forward(c, upload, "/upload/janitor"))
    .openapi(contract.initUpload, (c) => forward(c, upload, "/upload/init"))
    .openapi(contract.uploadFromUrl, (c) => {
      // The address is asked first, and may be slow to answer.
      c.env?.keepOpen?.();
      return forward(c, upload, "/upload/from-url");
    })
    .openapi(contract.uploadChunk, (c) => forward(c, upload, "/upload/chunk"))
    .openapi(contract.completeUpload, (c) => {
      // Putting a large file together is silent for longer than a server lets a connection be.
      c.env?.keepOpen?.();
      return forward(c, upload, "/upload/complete");
    })
    .openapi(contract.getUpload, (c) => forward(c, upload, `/upload/${c.req.valid("param").upload_id}`))
    .openapi(contract.deleteUpload, (c) => forward(c, upload, `/upload/${c.req.valid("param").upload_id}`))
    .openapi(contract.putChunk, (c) => {
      const { upload_id, index } = c.req.valid("param");
      return forward(c, upload, `/upload/${upload_id}/chunks/${index}`);
    })
    .openapi(contract.measureSpeed, (c) => forward(c, upload, "/api/speedtest"))
    .openapi(contract.startTranscode, async (c) => {
      const { hash } = c.req.valid("param");
      return c.json(await startTranscode(deps, hash, c.req.valid("json").networkSpeed), 200);
    })
    .openapi(contract.getTranscodeStatus, async (c) => {
      const status = await findTranscodeStatus(deps, c.req.valid("param").hash);
      // An answer, not an error: these clients poll from the moment of upload, and it is the body that they read.
      return status ? c.json(status, 200) : c.json({ status: "not_found" as const }, 200);
    })
    .openapi(contract.listQualities, async (c) => {
      const param = { id: c.req.valid("param").hash };
      return c.json(await parseResponse(streaming.client.stream[":id"].qualities.$get({ param })), 200);
    })
    .openapi(contract.playVideo, async (c) => {
      c.header("cache-control", "no-store");
      return c.redirect(await chooseStream(deps, c.req.valid("param").hash), 307);
    })
    .openapi(contract.saveThumbnail, async (c) => {
      const { hash } = c.req.valid("param");
      const thumbnail_filename = await saveThumbnail(deps, hash, c.req.valid("form").file);
      return c.json({ status: "ok" as const, hash, thumbnail_filename }, 200);
    })
    .openapi(contract.getThumbnail, async (c) => {
      const { blob, sizeBytes, mediaType } = await findThumbnail(deps, c.req.valid("param").hash);
      return c.newResponse(blob as unknown as ReadableStream, 200, {
        "content-type": mediaType,
        "content-length": String(sizeBytes),
        "cache-control": "no-cache",
        "x-content-type-options": "nosniff",
      });
    });
  // Outside the chain: this spelling of the path is for the router alone.
  routes.openapi({ ...contract.getVideoFile, path: "/video/{hash}/:path{.+}", hide: true }, (c) => {
    const { hash, path } = c.req.valid("param");
    return forward<Response>(c, streaming, `/stream/${hash}/${path}`);
  });
  routes.openAPIRegistry.registerPath(contract.getVideoFile);
  // Streaming under its own paths, for browsers that reach nothing but this address: all that it links to is relative.
  routes.openapi({ ...contract.getVideoFile, path: "/stream/{hash}/:path{.+}", hide: true }, (c) => {
    const { hash, path } = c.req.valid("param");
    return forward<Response>(c, streaming, `/stream/${hash}/${path}`);
  });
  routes.get("/watch/:id{[A-Za-z0-9_-]{1,64}}", (c) => forward<Response>(c, streaming, `/watch/${c.req.param("id")}`));
  routes.get("/watch/assets/:name{[A-Za-z0-9._-]{1,128}}", (c) =>
    forward<Response>(c, streaming, `/watch/assets/${c.req.param("name")}`),
  );
  routes.get("/oembed", (c) => forward<Response>(c, streaming, "/oembed"));
  routes.openapi({ ...playback.playByToken, path: "/play/{token}/{hash}/:path{.+}", hide: true }, (c) => {
    const { token, hash, path } = c.req.valid("param");
    // Whatever stands there is for streaming to refuse; encoded, it stays one name of the path.
    return forward<Response>(c, streaming, playPath(encodeURIComponent(token), hash, path));
  });
  routes.openAPIRegistry.registerPath(playback.playByToken);
  for (const path of ["/files", "/files/"]) routes.all(path, (c) => forward<Response>(c, upload, path));
  // Whatever else stands there is no upload, and is found nowhere.
  routes.all("/files/:upload_id{[A-Za-z0-9_-]{1,64}}", (c) =>
    forward<Response>(c, upload, `/files/${c.req.param("upload_id")}`),
  );
  for (const route of tusRoutes) routes.openAPIRegistry.registerPath(route);
  return routes;
}

const captionsPath = ({ hash, lang }: { hash: string; lang: string }): string => `/videos/${hash}/captions/${lang}`;
