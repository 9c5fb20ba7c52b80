/** The HTTP surface of watching: the page, and how other sites embed it. */
import { createRoute, z } from "@hono/zod-openapi";
import { integer, json, problems, VideoId } from "@video-backend/service/contract";

const flag = (description: string) =>
  z
    .string()
    .optional()
    .openapi({ description: `1: ${description}`, example: "1" });

/** What a viewer typed wrong here is no reason to show nothing: it is taken as absent. */
export const WatchQuery = z.object({
  t: z.string().optional().openapi({ description: "Begin this many seconds into the video", example: "90" }),
  autoplay: flag("play at once; browsers allow it without a click only where it is muted"),
  muted: flag("without sound"),
  embed: flag("the picture alone, as for a frame"),
  token: z.string().optional().openapi({ description: "The playback token of a private video" }),
});
export type WatchQuery = z.infer<typeof WatchQuery>;

const pixels = z.coerce.number().int().min(1).max(16_384).optional();

export const OembedQuery = z.object({
  url: z
    .string()
    .openapi({ description: "The address of a watch page", example: "http://127.0.0.1:8004/watch/V1StGXR8" }),
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

const tags = ["Watching"];
const page = (description: string) => ({ description, content: { "text/html": { schema: z.string() } } });

export const getWatchPage = createRoute({
  method: "get",
  path: "/watch/{id}",
  operationId: "getWatchPage",
  tags,
  summary: "A page that plays the video, to open or to put into a frame",
  description: "Errors are pages, too, for those who ask for HTML, and problems for everyone else.",
  request: { params: z.object({ id: VideoId }), query: WatchQuery },
  responses: {
    200: page("The page"),
    ...problems({ 400: "Invalid path", 404: "Video not found", 503: "Metadata service unavailable" }),
  },
});

export const getOembed = createRoute({
  method: "get",
  path: "/oembed",
  operationId: "getOembed",
  tags,
  summary: "How to embed a video, for sites that ask by its address (oEmbed 1.0)",
  request: { query: OembedQuery },
  responses: {
    200: json(Oembed, "The embed code, and what to show before it"),
    ...problems({
      404: "Not the address of a video here",
      422: "Bad query",
      501: "Another format than json",
      503: "Metadata service unavailable",
    }),
  },
});
