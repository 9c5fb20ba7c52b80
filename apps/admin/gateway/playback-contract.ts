/** Private videos under one address: passed on to metadata and streaming, whose contracts have the details. */
import { createRoute, z } from "@hono/zod-openapi";
import { AssetPath, json, jsonBody, problems, VideoId } from "@video-backend/service";

const params = z.object({ hash: VideoId });
const binary = z.string().openapi({ type: "string", format: "binary" });
const away = "... service unavailable: ...";
const known = problems({ 400: "Invalid path", 404: "Video not found", 422: "Bad form", 503: away });

/** What people change; what the services tell each other of a video does not come this way. */
export const updateVideo = createRoute({
  method: "put",
  path: "/videos/{hash}",
  operationId: "updateVideo",
  tags: ["Library"],
  summary: "Change title, description or visibility",
  request: {
    params,
    ...jsonBody(
      z.strictObject({
        title: z.string().nullish(),
        description: z.string().nullish(),
        visibility: z.enum(["public", "private"]).optional(),
      }),
    ),
  },
  responses: { 200: json(z.object({ status: z.literal("updated") }), "Changed"), ...known },
});

export const createPlaybackToken = createRoute({
  method: "post",
  path: "/videos/{hash}/playback-token",
  operationId: "createPlaybackToken",
  tags: ["Playing"],
  summary: "A token for all files of one video, for a while; `expires_in_seconds` is 6 hours without it",
  request: {
    params,
    ...jsonBody(z.object({ expires_in_seconds: z.number().optional() }), false),
  },
  responses: {
    200: json(
      z.looseObject({ token: z.string(), expires_at: z.number(), paths: z.record(z.string(), z.string()) }),
      "The token, and where it leads, on this service and on streaming",
    ),
    ...known,
  },
});

/** Documented under this path; `routes.ts` binds it so that `path` may hold slashes. */
export const playByToken = createRoute({
  method: "get",
  path: "/play/{token}/{hash}/{path}",
  operationId: "playByToken",
  tags: ["Playing"],
  summary: "Any file of a video, private or not, by a playback token",
  request: { params: z.object({ token: z.string().max(200), hash: VideoId, path: AssetPath }) },
  responses: {
    200: { description: "The file", content: { "application/octet-stream": { schema: binary } } },
    206: { description: "A range", content: { "application/octet-stream": { schema: binary } } },
    ...problems({
      400: "Invalid path",
      403: "No valid playback token for this video",
      404: "File not found",
      416: "Beyond the end",
      503: away,
    }),
  },
});
