/** The gateway: the other services' routes under this address, and the few whose answers are made here. */
import { webhookDocuments } from "@video-backend/metadata/contract";
import { createRouter } from "@video-backend/service";
import { tusRoutes } from "@video-backend/upload/contract";
import { parseResponse } from "hono/client";
import type { AdminDeps } from "../deps.ts";
import type { OtherServices } from "../services/connect-services.ts";
import { findThumbnail } from "../thumbnails/find-thumbnail.ts";
import { saveThumbnail } from "../thumbnails/save-thumbnail.ts";
import { deleteVideo } from "../videos/delete-video.ts";
import { resumeVideo } from "../videos/resume-video.ts";
import { stopVideo } from "../videos/stop-video.ts";
import { chooseStream } from "./choose-stream.ts";
import * as contract from "./contract.ts";
import { forward } from "./forward.ts";
import { document, mountRoutes } from "./mount.ts";
import { mountedRoutes, serviceTags } from "./mounted-routes.ts";

export function createGatewayRoutes(deps: AdminDeps) {
  const { upload, metadata, transcoding, streaming } = deps.services;
  const routes = createRouter()
    .openapi(contract.listVideos, async (c) => {
      const answer = await forward(c, metadata, "/videos");
      if (!answer.ok) return answer as never;
      const { videos } = await answer.json();
      return c.json(videos, 200);
    })
    .openapi(contract.updateVideo, async (c) => {
      const changes = { param: c.req.valid("param"), json: c.req.valid("json") };
      return c.json(await parseResponse(metadata.client.videos[":hash"].$put(changes)), 200);
    })
    .openapi(contract.deleteVideo, async (c) => c.json(await deleteVideo(deps, c.req.valid("param").hash), 200))
    .openapi(contract.stopVideo, async (c) => c.json(await stopVideo(deps, c.req.valid("param").hash), 200))
    .openapi(contract.resumeVideo, async (c) => c.json(await resumeVideo(deps, c.req.valid("param").hash), 200))
    .openapi(contract.startTranscode, async (c) => {
      const { upload_id } = c.req.valid("param");
      const { networkSpeed: network_speed } = c.req.valid("json");
      // Clients of this address know a video by its id alone.
      const video = await parseResponse(metadata.client.videos[":hash"].$get({ param: { hash: upload_id } }));
      const json = { upload_id, filename: video.filename, ...(network_speed === undefined ? {} : { network_speed }) };
      return c.json(await parseResponse(transcoding.client.transcode.start.$post({ json })), 200);
    })
    .openapi(contract.getTranscodeStatus, async (c) => {
      const answer = await forward(c, transcoding, `/transcode/status/${c.req.valid("param").upload_id}`);
      return answer.status === 404 ? c.json(contract.notStarted, 200) : (answer as never);
    })
    .openapi(contract.listQualities, async (c) => {
      const param = c.req.valid("param");
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
  for (const webhook of webhookDocuments) {
    routes.openAPIRegistry.registerWebhook({ ...webhook, tags: [serviceTags.metadata] });
  }
  for (const name of Object.keys(mountedRoutes) as (keyof OtherServices)[]) {
    mountRoutes(routes, deps.services[name], serviceTags[name], mountedRoutes[name]);
  }
  // What the page of a video loads, and tus, whose methods are the protocol's own: all of it goes on as it comes.
  routes.get("/watch/assets/:name{[A-Za-z0-9._-]{1,128}}", (c) =>
    forward(c, streaming, `/watch/assets/${c.req.param("name")}`),
  );
  for (const path of ["/files", "/files/"]) routes.all(path, (c) => forward(c, upload, path));
  // Whatever else stands there is no upload, and is found nowhere.
  routes.all("/files/:upload_id{[A-Za-z0-9_-]{1,64}}", (c) => forward(c, upload, `/files/${c.req.param("upload_id")}`));
  for (const route of tusRoutes) document(routes, upload, serviceTags.upload, { route });
  return routes;
}
