/** The HTTP surface of playback tokens: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import { integer, json, jsonBody, problems, VideoId } from "@video-backend/service/contract";

export const PlaybackTokenRequest = z
  .object({
    expires_in_seconds: z
      .number()
      .int()
      .min(1)
      .optional()
      .openapi(integer("6 hours without it; there is a most", 3600)),
  })
  .openapi("PlaybackTokenRequest");

export const PlaybackToken = z
  .object({
    token: z.string().openapi({ example: "k1.u5ygsu.jUw0hpo8rvLxrZyJ7VcDTCxd" }),
    expires_at: z.number().openapi(integer("Epoch seconds; at least as late as was asked for")),
    paths: z
      .object({
        master: z.string(),
        manifest: z.string(),
        original: z.string(),
        qualities: z.string(),
        poster: z.string(),
        storyboard: z.string(),
      })
      .openapi({ description: "On the streaming service, and on admin; not all need be there yet" }),
  })
  .openapi("PlaybackToken");
export type PlaybackToken = z.infer<typeof PlaybackToken>;

export const createPlaybackToken = createRoute({
  method: "post",
  path: "/videos/{hash}/playback-token",
  operationId: "createPlaybackToken",
  tags: ["Playback"],
  summary: "A token for all files of one video, for a while",
  description:
    "It plays a private video, and a public one as well: put `/play/{token}/{hash}/` where `/stream/{hash}/` would stand. Who has it can play until it expires, so treat it as a password.",
  request: {
    params: z.object({ hash: VideoId }),
    ...jsonBody(PlaybackTokenRequest, false),
  },
  responses: {
    200: json(PlaybackToken, "The token"),
    ...problems({ 400: "Invalid path", 404: "Video not found", 422: "Bad form; longer than is allowed" }),
  },
});
