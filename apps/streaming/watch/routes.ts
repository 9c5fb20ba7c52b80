/** The contract of watching bound to its verbs. */
import { serveBundled } from "@video-backend/bundle";
import { createRouter, invalidRequest, ServiceError } from "@video-backend/service";
import type { StreamingDeps } from "../deps.ts";
import { addressesOf, basesOf } from "./addresses.ts";
import { answerErrorPage, answerPage } from "./answer-page.ts";
import * as contract from "./contract.ts";
import { describeVideo } from "./describe-video.ts";
import { oembed } from "./oembed.ts";
import { watchPage } from "./watch-page.ts";

export function createWatchRoutes(deps: StreamingDeps) {
  const style = async () => (await deps.bundle()).nameOf("page.css");
  const routes = createRouter()
    .openapi(
      contract.getWatchPage,
      async (c) => {
        const { id } = c.req.valid("param");
        const { t, autoplay, muted, embed, token } = c.req.valid("query");
        try {
          const video = await describeVideo(deps, { videoId: id, token });
          const { nameOf } = await deps.bundle();
          const page = watchPage(video, {
            addresses: addressesOf(basesOf(deps, c).public, { videoId: id, token }),
            script: nameOf("page.js"),
            style: nameOf("page.css"),
            token,
            framed: embed === "1" || c.req.header("sec-fetch-dest") === "iframe",
            autoplay: autoplay === "1",
            muted: muted === "1",
            startSeconds: /^\d{1,6}(\.\d+)?$/.test(t ?? "") ? Number(t) : 0,
          });
          return answerPage(c, page);
        } catch (error) {
          return answerErrorPage(c, error, style);
        }
      },
      (result, c) => {
        if (!result.success) return answerErrorPage(c, invalidRequest(result.target, result.error), style);
      },
    )
    .openapi(contract.getOembed, async (c) => c.json(await oembed(deps, c.req.valid("query"), basesOf(deps, c)), 200));
  // The page's own files: nobody else's business, and in no document.
  routes.get("/watch/assets/:name", async (c) => {
    const file = (await deps.bundle()).files.get(c.req.param("name"));
    if (!file) throw new ServiceError("not_found", "File not found");
    return serveBundled(c.req.raw, file);
  });
  return routes;
}
