/** The HTTP surface of watching: the page, and how other sites embed it. */
import { createRoute, z } from "@hono/zod-openapi";
import { anybody, exampleVideoId, integer, json, problems, text, VideoId } from "@video-backend/service/contract";

const flag = (description: string) =>
  z
    .string()
    .optional()
    .openapi({ description: `1: ${description}`, example: "1" });

/** An invalid value is ignored, so that the page still plays. */
export const WatchQuery = z.object({
  t: z.string().optional().openapi({ description: "Start position in seconds", example: "90" }),
  autoplay: flag("autoplay; browsers require `muted` for it unless the user has clicked"),
  muted: flag("muted"),
  embed: flag("the player alone, for an iframe"),
  token: z.string().optional().openapi({ description: "Playback token, required for a private video" }),
});
export type WatchQuery = z.infer<typeof WatchQuery>;

const pixels = z.coerce.number().int().min(1).max(16_384).optional();

export const OembedQuery = z.object({
  url: z.string().openapi({ description: "The URL of a watch page", example: "http://127.0.0.1:8004/watch/V1StGXR8" }),
  maxwidth: pixels.openapi(integer("Pixels")),
  maxheight: pixels.openapi(integer("Pixels")),
  format: z.string().default("json").openapi({ description: "Only `json`" }),
});
export type OembedQuery = z.infer<typeof OembedQuery>;

export const Oembed = z
  .object({
    version: z.literal("1.0"),
    type: z.literal("video"),
    provider_name: z.string(),
    provider_url: z.string(),
    title: z.string().optional(),
    html: z.string().openapi({ description: "An iframe" }),
    width: z.number().openapi(integer("Pixels", 640)),
    height: z.number().openapi(integer("Pixels", 360)),
    thumbnail_url: z.string().optional(),
    thumbnail_width: z.number().optional().openapi(integer("Pixels", 1280)),
    thumbnail_height: z.number().optional().openapi(integer("Pixels", 720)),
  })
  .openapi("Oembed");
export type Oembed = z.infer<typeof Oembed>;

const example: Oembed = {
  version: "1.0",
  type: "video",
  provider_name: "127.0.0.1:8004",
  provider_url: "http://127.0.0.1:8004",
  title: "Holiday",
  html: `<iframe src="http://127.0.0.1:8004/watch/${exampleVideoId}?embed=1" width="640" height="360"></iframe>`,
  width: 640,
  height: 360,
};

const tags = ["Watching"];

export const getWatchPage = createRoute({
  method: "get",
  path: "/watch/{id}",
  operationId: "getWatchPage",
  ...anybody,
  tags,
  summary: "Get the watch page",
  description:
    "An HTML page that plays the video, standalone or in an iframe. Errors are HTML for clients that accept HTML.",
  request: { params: z.object({ id: VideoId }), query: WatchQuery },
  responses: {
    200: text("text/html", "The page", "<!doctype html><title>Holiday</title>…"),
    ...problems({
      400: "Invalid path",
      403: "No valid playback token for this video",
      404: "Video not found",
      503: "Metadata service unavailable",
    }),
  },
});

export const getOembed = createRoute({
  method: "get",
  path: "/oembed",
  operationId: "getOembed",
  ...anybody,
  tags,
  summary: "Get the embed code",
  description: "Implements oEmbed 1.0 for the URLs of watch pages.",
  request: { query: OembedQuery },
  responses: {
    200: json(Oembed, "The embed code and a thumbnail", example),
    ...problems({
      404: "Not the URL of a video of this service",
      422: "Invalid query",
      501: "A format other than json",
      503: "Metadata service unavailable",
    }),
  },
});
