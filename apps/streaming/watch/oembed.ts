/** What another site needs to show a video of ours in a page of its own: oEmbed 1.0 (oembed.com), type `video`. */
import { ServiceError } from "@video-backend/service";
import { html } from "hono/html";
import type { StreamingDeps } from "../deps.ts";
import { addressesOf, type Bases, watchedIn } from "./addresses.ts";
import type { Oembed, OembedQuery } from "./contract.ts";
import { describeVideo, type Size } from "./describe-video.ts";

/** The box that a video is fitted into where nothing is asked. */
const usualBox: Size = { width: 640, height: 480 };

/** @throws ServiceError `not_found`: not an address of a video here; `not_implemented`: another format; `unavailable` */
export async function oembed(deps: StreamingDeps, query: OembedQuery, bases: Bases): Promise<Oembed> {
  // "When a format is not supported: 501 Not Implemented" (section 2.3.5, errors).
  if (query.format !== "json") throw new ServiceError("not_implemented", "oEmbed is answered as json only");
  const watched = watchedIn(query.url, [bases.public, bases.requested]);
  if (!watched) throw new ServiceError("not_found", `Not the address of a video here: ${bases.public}/watch/{id}`);

  const video = await describeVideo(deps, watched);
  const addresses = addressesOf(bases.public, watched);
  const { width, height } = fitted(video.size, query.maxwidth, query.maxheight);
  const frame = html`<iframe src="${addresses.frame}" width="${width}" height="${height}" title="${video.title ?? "Video"}"
 style="border: 0" allow="autoplay; picture-in-picture" allowfullscreen></iframe>`;
  return {
    version: "1.0",
    type: "video",
    provider_name: new URL(bases.public).host,
    provider_url: bases.public,
    ...(video.title === null ? {} : { title: video.title }),
    width,
    height,
    html: (await frame).toString().replace("\n", ""),
    // "If this parameter is present, thumbnail_width and thumbnail_height must also be present" (2.3.4).
    ...(video.poster === null
      ? {}
      : {
          thumbnail_url: addresses.poster,
          thumbnail_width: video.poster.width,
          thumbnail_height: video.poster.height,
        }),
  };
}

/** As large as the box allows, in the picture's own ratio: what is asked bounds it, and its own size does not. */
function fitted({ width, height }: Size, maxWidth?: number, maxHeight?: number): Size {
  const box = maxWidth === undefined && maxHeight === undefined ? usualBox : { width: maxWidth, height: maxHeight };
  const scale = Math.min((box.width ?? Infinity) / width, (box.height ?? Infinity) / height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
