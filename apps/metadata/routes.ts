/** The contract bound to the verbs. One chain, because the typed client is made of its type. */
import { createRouter, eventStream } from "@video-backend/service";
import { deleteCaptions, listAllCaptions, listCaptions, readCaptions, saveCaptions } from "./captions/captions.ts";
import * as captions from "./captions/contract.ts";
import { watchVideos } from "./changes/watch-videos.ts";
import * as contract from "./contract.ts";
import type { MetadataDeps } from "./deps.ts";
import * as keys from "./keys/contract.ts";
import { createKey, createSession, endSession, listKeys, lookUpKey, revokeKey } from "./keys/keys.ts";
import * as playback from "./playback/contract.ts";
import { createPlaybackToken } from "./playback/create-playback-token.ts";
import { createVideo } from "./videos/create-video.ts";
import { deleteVideo } from "./videos/delete-video.ts";
import { findVideo } from "./videos/find-video.ts";
import { presentVideo } from "./videos/present-video.ts";
import { isStopped, setStopped } from "./videos/set-stopped.ts";
import { updateVideo } from "./videos/update-video.ts";
import * as webhooks from "./webhooks/contract.ts";
import {
  createWebhook,
  deleteWebhook,
  listDeliveries,
  listWebhooks,
  reportExpiredUpload,
  resendDelivery,
} from "./webhooks/webhooks.ts";

export type MetadataRoutes = ReturnType<typeof createRoutes>;

export function createRoutes(deps: MetadataDeps) {
  const router = createRouter();
  for (const document of webhooks.webhookDocuments) router.openAPIRegistry.registerWebhook(document);
  return router
    .openapi(contract.watchVideos, (c) => {
      const after = c.req.valid("header")["last-event-id"];
      return eventStream(c, (signal) => watchVideos(deps, after === undefined ? undefined : Number(after), signal));
    })
    .openapi(contract.createVideo, async (c) => c.json(await createVideo(deps, c.req.valid("json")), 200))
    .openapi(contract.listVideos, async (c) => {
      const { videos, total } = await deps.videos.list(c.req.valid("query"));
      return c.json({ videos: videos.map(presentVideo), total }, 200);
    })
    .openapi(contract.getVideo, async (c) => {
      return c.json(presentVideo(await findVideo(deps, c.req.valid("param").hash)), 200);
    })
    .openapi(contract.updateVideo, async (c) => {
      await updateVideo(deps, c.req.valid("param").hash, c.req.valid("json"));
      return c.json({ status: "updated" as const }, 200);
    })
    .openapi(contract.deleteVideo, async (c) => {
      await deleteVideo(deps, c.req.valid("param").hash);
      return c.json({ status: "deleted" as const }, 200);
    })
    .openapi(contract.isStopped, async (c) => {
      return c.json({ stopped: await isStopped(deps, c.req.valid("param").hash) }, 200);
    })
    .openapi(contract.stopVideo, async (c) => {
      await setStopped(deps, c.req.valid("param").hash, true);
      return c.json({ status: "stopped" as const }, 200);
    })
    .openapi(contract.resumeVideo, async (c) => {
      await setStopped(deps, c.req.valid("param").hash, false);
      return c.json({ status: "resumed" as const }, 200);
    })
    .openapi(playback.createPlaybackToken, async (c) => {
      const { expires_in_seconds } = c.req.valid("json");
      c.header("cache-control", "no-store");
      return c.json(await createPlaybackToken(deps, c.req.valid("param").hash, expires_in_seconds), 200);
    })
    .openapi(keys.createKey, async (c) => {
      c.header("cache-control", "no-store");
      return c.json(await createKey(deps, c.req.valid("json")), 200);
    })
    .openapi(keys.listKeys, async (c) => c.json({ keys: await listKeys(deps) }, 200))
    .openapi(keys.lookUpKey, async (c) => c.json(await lookUpKey(deps, c.req.valid("query").sha256), 200))
    .openapi(keys.revokeKey, async (c) => {
      await revokeKey(deps, c.req.valid("param").id);
      return c.json({ status: "revoked" as const }, 200);
    })
    .openapi(keys.createSession, async (c) => {
      c.header("cache-control", "no-store");
      return c.json(await createSession(deps, c.req.valid("json")), 200);
    })
    .openapi(keys.endSession, async (c) => {
      await endSession(deps, c.req.valid("param").id);
      return c.json({ status: "ended" as const }, 200);
    })
    .openapi(webhooks.createWebhook, async (c) => {
      c.header("cache-control", "no-store");
      return c.json(await createWebhook(deps, c.req.valid("json")), 200);
    })
    .openapi(webhooks.listWebhooks, async (c) => c.json({ webhooks: await listWebhooks(deps) }, 200))
    .openapi(webhooks.deleteWebhook, async (c) => {
      await deleteWebhook(deps, c.req.valid("param").id);
      return c.json({ status: "deleted" as const }, 200);
    })
    .openapi(webhooks.listDeliveries, async (c) => {
      const deliveries = await listDeliveries(deps, c.req.valid("param").id, c.req.valid("query"));
      return c.json({ deliveries }, 200);
    })
    .openapi(webhooks.resendDelivery, async (c) => {
      const { id, delivery_id } = c.req.valid("param");
      return c.json(await resendDelivery(deps, id, delivery_id), 200);
    })
    .openapi(webhooks.reportExpiredUpload, async (c) => {
      await reportExpiredUpload(deps, c.req.valid("json"));
      return c.json({ status: "ok" as const }, 200);
    })
    .openapi(captions.listAllCaptions, async (c) => c.json({ captions: await listAllCaptions(deps) }, 200))
    .openapi(captions.listCaptions, async (c) => {
      return c.json({ captions: await listCaptions(deps, c.req.valid("param").hash) }, 200);
    })
    .openapi(captions.getCaptions, async (c) => {
      const { hash, lang } = c.req.valid("param");
      const headers = { "content-type": "text/vtt", "x-content-type-options": "nosniff" };
      return c.body(await readCaptions(deps, hash, lang), 200, headers);
    })
    .openapi(captions.saveCaptions, async (c) => {
      const { label = null } = c.req.valid("query");
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      const saved = await saveCaptions(deps, { ...c.req.valid("param"), label, bytes });
      return c.json({ status: "saved" as const, ...saved }, 200);
    })
    .openapi(captions.deleteCaptions, async (c) => {
      const { hash, lang } = c.req.valid("param");
      await deleteCaptions(deps, hash, lang);
      return c.json({ status: "deleted" as const }, 200);
    });
}
