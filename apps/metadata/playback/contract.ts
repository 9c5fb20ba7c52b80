/** The HTTP surface of playback tokens: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import { exampleVideoId, integer, json, jsonBody, problems, scope, VideoId } from "@video-backend/service/contract";
import { manifestFile, masterFile, posterFile, storyboardFile } from "@video-backend/storage/layout";

export const PlaybackTokenRequest = z
  .object({
    expires_in_seconds: z
      .number()
      .int()
      .min(1)
      .optional()
      .openapi(integer("Minimum lifetime; 6 hours by default. The service has a maximum", 3600)),
  })
  .openapi("PlaybackTokenRequest");

export const PlaybackToken = z
  .object({
    token: z.string().openapi({ example: "k1.u5ygsu.jUw0hpo8rvLxrZyJ7VcDTCxd" }),
    expires_at: z.number().openapi(integer("Epoch seconds; not earlier than requested")),
    paths: z
      .object({
        master: z.string(),
        manifest: z.string(),
        original: z.string(),
        qualities: z.string(),
        poster: z.string(),
        storyboard: z.string(),
      })
      .openapi({ description: "Paths on the streaming service and on admin; a file may not exist yet" }),
  })
  .openapi("PlaybackToken");
export type PlaybackToken = z.infer<typeof PlaybackToken>;

const exampleBase = `/play/k1.u5ygsu.jUw0hpo8rvLxrZyJ7VcDTCxd/${exampleVideoId}`;
const example: PlaybackToken = {
  token: "k1.u5ygsu.jUw0hpo8rvLxrZyJ7VcDTCxd",
  expires_at: 1_767_232_800,
  paths: {
    master: `${exampleBase}/${masterFile}`,
    manifest: `${exampleBase}/${manifestFile}`,
    original: `${exampleBase}/original`,
    qualities: `${exampleBase}/qualities`,
    poster: `${exampleBase}/${posterFile}`,
    storyboard: `${exampleBase}/${storyboardFile}`,
  },
};

export const createPlaybackToken = createRoute({
  method: "post",
  path: "/videos/{hash}/playback-token",
  operationId: "createPlaybackToken",
  ...scope("read"),
  tags: ["Playback"],
  summary: "Create a playback token",
  description:
    "The token gives access to all files of one video, private or public: use `/play/{token}/{hash}/` instead of " +
    "`/stream/{hash}/`. Whoever has it can play the video until it expires, so treat it like a password.",
  request: {
    params: z.object({ hash: VideoId }),
    ...jsonBody(PlaybackTokenRequest, { expires_in_seconds: 3600 }, false),
  },
  responses: {
    200: json(PlaybackToken, "The token", example),
    ...problems({
      400: "Invalid path",
      404: "Video not found",
      422: "Invalid request, or a lifetime above the maximum",
    }),
  },
});
