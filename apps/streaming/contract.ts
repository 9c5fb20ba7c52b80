/** The HTTP surface of the streaming service: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import { AssetPath, FileName, integer, json, problems, RenditionName, VideoId } from "@video-backend/service/contract";
import { manifestFile, masterFile, playlistFile } from "@video-backend/storage/layout";

export * from "./watch/contract.ts";

export const RenditionQuality = z
  .object({
    playlist: z.string().openapi({ example: "720p/playlist.m3u8" }),
    resolution: z.string().nullable().openapi({ example: "1280x720" }),
    bandwidth: z.number().nullable().openapi(integer("Peak, bits a second")),
    average_bandwidth: z.number().nullable().openapi(integer("Average, bits a second")),
  })
  .openapi("RenditionQuality");
export type RenditionQuality = z.infer<typeof RenditionQuality>;

export const OriginalQuality = z
  .object({
    file: z.string().openapi({ description: "Name of the uploaded file; it is served at `original`" }),
    resolution: z.string().nullable().openapi({ example: "1920x1080" }),
    quality_label: z.string().nullable().openapi({ example: "1080p" }),
  })
  .openapi("OriginalQuality");

export const Qualities = z
  .object({
    master: z.literal(masterFile).nullable().openapi({ description: "Null while there is none" }),
    manifest: z
      .literal(manifestFile)
      .nullable()
      .openapi({ description: "The same for DASH; null while there is none" }),
    qualities: z.record(z.string(), z.union([RenditionQuality, OriginalQuality])),
    available: z.array(z.string()).openapi({ description: "The names in `qualities`", example: ["720p", "original"] }),
    original_quality_label: z.string().nullable(),
    original_resolution: z.string().nullable(),
  })
  .openapi("Qualities");
export type Qualities = z.infer<typeof Qualities>;

const tags = ["Streaming"];
const id = { id: VideoId };
const binary = z.string().openapi({ type: "string", format: "binary" });

const playlist = (absent: string) => file("application/vnd.apple.mpegurl", absent);

/** The answers of a route that serves a file: whole, in part, not again, or not at all. */
function file<Type extends string>(type: Type, absent: string) {
  const content = { [type]: { schema: binary } } as Record<Type, { schema: typeof binary }>;
  return {
    200: { description: "The file", content },
    206: { description: "The range that was asked for", content },
    304: { description: "It is what If-None-Match or If-Modified-Since says; nothing is sent" },
    ...problems({
      400: "Invalid path",
      403: "No valid playback token for this video",
      404: absent,
      412: "It is not what If-Match or If-Unmodified-Since says",
      416: "The range lies beyond the end; Content-Range says where that is",
    }),
  };
}

export const getMaster = createRoute({
  method: "get",
  path: `/stream/{id}/${masterFile}`,
  operationId: "getMaster",
  tags,
  summary: "The master playlist: what a player is given",
  request: { params: z.object(id) },
  responses: playlist("Master playlist not found"),
});

export const getOriginal = createRoute({
  method: "get",
  path: "/stream/{id}/original",
  operationId: "getOriginal",
  tags,
  summary: "The file as it was uploaded",
  request: {
    params: z.object(id),
    query: z.object({
      download: z.string().optional().openapi({
        description: "1: to be saved under its own name, by Content-Disposition (RFC 6266)",
        example: "1",
      }),
    }),
  },
  responses: {
    ...file("application/octet-stream", "Video not found; Original file not found"),
    ...problems({ 503: "Metadata service unavailable" }),
  },
});

export const listQualities = createRoute({
  method: "get",
  path: "/stream/{id}/qualities",
  operationId: "listQualities",
  tags,
  summary: "What can be played of a video",
  request: { params: z.object(id) },
  responses: {
    200: json(Qualities, "The qualities"),
    ...problems({
      400: "Invalid path",
      403: "No valid playback token for this video",
      404: "Video not found",
      503: "Metadata service unavailable",
    }),
  },
});

export const getPlaylist = createRoute({
  method: "get",
  path: `/stream/{id}/{quality}/${playlistFile}`,
  operationId: "getPlaylist",
  tags,
  summary: "The playlist of a rendition",
  request: { params: z.object({ ...id, quality: RenditionName }) },
  responses: playlist("Playlist not found"),
});

export const getSegment = createRoute({
  method: "get",
  path: "/stream/{id}/{quality}/{segment}",
  operationId: "getSegment",
  tags,
  summary: "A segment, or the init segment, of a rendition",
  request: { params: z.object({ ...id, quality: RenditionName, segment: FileName }) },
  description: "One that is listed and not made yet is made now; the answer waits for it.",
  responses: {
    ...file("video/iso.segment", "Segment not found"),
    ...problems({ 503: "Not ready in time; Retry-After says when to ask again" }),
  },
});

/** Documented under this path; `routes.ts` binds it so that `asset_path` may hold slashes. */
export const getAsset = createRoute({
  method: "get",
  path: "/stream/{id}/{asset_path}",
  operationId: "getAsset",
  tags,
  summary: "Any other file of a video, by its path below hls/{id}/",
  request: { params: z.object({ ...id, asset_path: AssetPath }) },
  responses: file("application/octet-stream", "File not found"),
});

/** Documented alone: it is routed as the path without the token. */
export const playByToken = createRoute({
  method: "get",
  path: "/play/{token}/{id}/{asset_path}",
  operationId: "playByToken",
  tags,
  summary: "All of the above with a playback token: the way into a private video",
  description: `What stands at \`/stream/{id}/…\` stands here too, and relative addresses keep the token. Tokens come from metadata's \`POST /videos/{hash}/playback-token\`; a wrong or expired one is 403, whatever it is asked for.

The files of a private video are for its viewers' own caches (\`Cache-Control: private\`). With \`PRIVATE_CACHING=shared\` a cache that has the whole path as its key may keep them while the token is good (\`s-maxage\`). A CDN that asks here for each token whether it is good (HEAD of \`master.m3u8\`: 2xx or 403) may leave \`/play/{token}\` out of its key: the bytes are the same under every token.`,
  request: { params: z.object({ token: z.string(), ...id, asset_path: AssetPath }) },
  responses: {
    ...file("application/octet-stream", "File not found"),
    ...problems({ 503: "Not ready in time; Storage unavailable" }),
  },
});
