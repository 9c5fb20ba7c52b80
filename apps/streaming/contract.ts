/** The HTTP surface of the streaming service: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  AssetPath,
  anybody,
  binary,
  FileName,
  integer,
  json,
  problems,
  RenditionName,
  text,
  VideoId,
} from "@video-backend/service/contract";
import {
  initFile,
  manifestFile,
  masterFile,
  playlistFile,
  playlistPath,
  segmentFile,
} from "@video-backend/storage/layout";

export * from "./watch/contract.ts";

export const RenditionQuality = z
  .object({
    playlist: z.string().openapi({ example: "720p/playlist.m3u8" }),
    resolution: z.string().nullable().openapi({ example: "1280x720" }),
    bandwidth: z.number().nullable().openapi(integer("Peak, in bits per second", 3_900_000)),
    average_bandwidth: z.number().nullable().openapi(integer("Average, in bits per second", 3_500_000)),
  })
  .openapi("RenditionQuality");
export type RenditionQuality = z.infer<typeof RenditionQuality>;

export const OriginalQuality = z
  .object({
    file: z
      .string()
      .openapi({ description: "Name of the uploaded file, which is served at `original`", example: "holiday.mp4" }),
    resolution: z.string().nullable().openapi({ example: "1920x1080" }),
    quality_label: z.string().nullable().openapi({ example: "1080p" }),
  })
  .openapi("OriginalQuality");

export const Qualities = z
  .object({
    master: z.literal(masterFile).nullable().openapi({ description: "The HLS master playlist; null until it exists" }),
    manifest: z.literal(manifestFile).nullable().openapi({ description: "The DASH manifest; null until it exists" }),
    qualities: z.record(z.string(), z.union([RenditionQuality, OriginalQuality])),
    available: z.array(z.string()).openapi({ description: "The names in `qualities`", example: ["720p", "original"] }),
    original_quality_label: z.string().nullable(),
    original_resolution: z.string().nullable(),
  })
  .openapi("Qualities");
export type Qualities = z.infer<typeof Qualities>;

const tags = ["Streaming"];
const id = { id: VideoId };
/** The other responses of a route that serves a file. */
const fileProblems = (absent: string) => ({
  304: { description: "Not modified since If-None-Match or If-Modified-Since" },
  ...problems({
    400: "Invalid path",
    403: "No valid playback token for this video",
    404: absent,
    412: "If-Match or If-Unmodified-Since does not hold",
    416: "The range is beyond the end; Content-Range has the size",
  }),
});

function file<Type extends string>(type: Type, absent: string) {
  const content = { [type]: { schema: binary } } as Record<Type, { schema: typeof binary }>;
  return {
    200: { description: "The file", content },
    206: { description: "The range", content },
    ...fileProblems(absent),
  };
}

function playlist(absent: string, example: string) {
  const type = "application/vnd.apple.mpegurl";
  return { 200: text(type, "The playlist", example), 206: text(type, "The range", "#EXTM3U"), ...fileProblems(absent) };
}

const masterExample = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-STREAM-INF:BANDWIDTH=3900000,AVERAGE-BANDWIDTH=3500000,RESOLUTION=1280x720,CODECS="avc1.4d401f,mp4a.40.2"
${playlistPath("720p")}
`;
const playlistExample = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="${initFile("libx264")}"
#EXTINF:4.000000,
${segmentFile(0)}
#EXT-X-ENDLIST
`;
const qualitiesExample: Qualities = {
  master: masterFile,
  manifest: manifestFile,
  qualities: {
    "720p": {
      playlist: playlistPath("720p"),
      resolution: "1280x720",
      bandwidth: 3_900_000,
      average_bandwidth: 3_500_000,
    },
    original: { file: "holiday.mp4", resolution: "1920x1080", quality_label: "1080p" },
  },
  available: ["720p", "original"],
  original_quality_label: "1080p",
  original_resolution: "1920x1080",
};

export const getMaster = createRoute({
  method: "get",
  path: `/stream/{id}/${masterFile}`,
  operationId: "getMaster",
  ...anybody,
  tags,
  summary: "Get the master playlist",
  description: "The entry point for HLS players. It is complete as soon as the plan of the video exists.",
  request: { params: z.object(id) },
  responses: playlist("Master playlist not found", masterExample),
});

export const getOriginal = createRoute({
  method: "get",
  path: "/stream/{id}/original",
  operationId: "getOriginal",
  ...anybody,
  tags,
  summary: "Get the original file",
  description: "Serves the file as it was uploaded.",
  request: {
    params: z.object(id),
    query: z.object({
      download: z.string().optional().openapi({
        description: "1: send Content-Disposition, so that browsers save the file under its name (RFC 6266)",
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
  ...anybody,
  tags,
  summary: "List the qualities of a video",
  description: "Lists the renditions in the master playlist, and the original file.",
  request: { params: z.object(id) },
  responses: {
    200: json(Qualities, "The qualities", qualitiesExample),
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
  ...anybody,
  tags,
  summary: "Get the playlist of a rendition",
  description: "Lists all segments of the rendition, including those that are not encoded yet.",
  request: { params: z.object({ ...id, quality: RenditionName }) },
  responses: playlist("Playlist not found", playlistExample),
});

export const getSegment = createRoute({
  method: "get",
  path: "/stream/{id}/{quality}/{segment}",
  operationId: "getSegment",
  ...anybody,
  tags,
  summary: "Get a segment",
  description:
    "Serves a media segment or an init segment. A segment that is listed and not encoded yet is encoded first; the response waits.",
  request: { params: z.object({ ...id, quality: RenditionName, segment: FileName }) },
  responses: {
    ...file("video/iso.segment", "Segment not found"),
    ...problems({ 503: "Not ready in time; Retry-After has the time to wait" }),
  },
});

/** Documented under this path; `routes.ts` binds it so that `asset_path` may hold slashes. */
export const getAsset = createRoute({
  method: "get",
  path: "/stream/{id}/{asset_path}",
  operationId: "getAsset",
  ...anybody,
  tags,
  summary: "Get a file of a video",
  description:
    "Serves any other file of the video, such as the poster, subtitles or the storyboard, by its relative path.",
  request: { params: z.object({ ...id, asset_path: AssetPath }) },
  responses: file("application/octet-stream", "File not found"),
});

/** Documented alone: it is routed as the path without the token. */
export const playByToken = createRoute({
  method: "get",
  path: "/play/{token}/{id}/{asset_path}",
  operationId: "playByToken",
  ...anybody,
  tags,
  summary: "Get a file with a playback token",
  description: `All of \`/stream/{id}/…\` is served here too, private videos included, and relative URLs keep the token. Tokens are created by \`POST /videos/{hash}/playback-token\` of metadata; an invalid or expired one is answered with 403.

Files of a private video are sent with \`Cache-Control: private\`. With \`PRIVATE_CACHING=shared\` a shared cache whose key is the whole path may store them while the token is valid (\`s-maxage\`). A CDN that checks each token here (HEAD of \`${masterFile}\`: 2xx or 403) may leave \`/play/{token}\` out of its key, because the bytes are the same under every token.`,
  request: {
    params: z.object({
      token: z.string().openapi({ description: "A playback token", example: "k1.u5ygsu.jUw0hpo8rvLxrZyJ7VcDTCxd" }),
      ...id,
      asset_path: AssetPath,
    }),
  },
  responses: {
    ...file("application/octet-stream", "File not found"),
    ...problems({ 503: "Not ready in time, or storage unavailable" }),
  },
});
