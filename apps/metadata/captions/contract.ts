/** The HTTP surface of captions: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import { integer, json, LanguageTag, problems, VideoId } from "@video-backend/service/contract";

export const Captions = z
  .object({
    lang: z.string().openapi({ description: "BCP 47, canonical", example: "en" }),
    label: z.string().nullable().openapi({ description: "What people choose them by; else the language's name" }),
    bytes: z.number().openapi(integer("Size of the WebVTT")),
    updated_at: z.number().openapi({ description: "Epoch seconds; differs from one version to the next" }),
  })
  .openapi("Captions");
export type Captions = z.infer<typeof Captions>;

export const CaptionsOfVideo = Captions.extend({ hash: VideoId }).openapi("CaptionsOfVideo");
export type CaptionsOfVideo = z.infer<typeof CaptionsOfVideo>;

const tags = ["Captions"];
const ofVideo = z.object({ hash: VideoId });
const params = z.object({ hash: VideoId, lang: LanguageTag });
const text = z.string();
const notFound = problems({ 400: "Invalid path", 404: "Video not found; Captions not found" });

export const listAllCaptions = createRoute({
  method: "get",
  path: "/captions",
  operationId: "listAllCaptions",
  tags,
  summary: "The captions of all videos, for a follower of the feed that was away",
  responses: { 200: json(z.object({ captions: z.array(CaptionsOfVideo) }), "The captions, without their text") },
});

export const listCaptions = createRoute({
  method: "get",
  path: "/videos/{hash}/captions",
  operationId: "listCaptions",
  tags,
  summary: "The captions of a video",
  request: { params: ofVideo },
  responses: {
    200: json(z.object({ captions: z.array(Captions) }), "The captions, without their text"),
    ...problems({ 400: "Invalid path", 404: "Video not found" }),
  },
});

export const getCaptions = createRoute({
  method: "get",
  path: "/videos/{hash}/captions/{lang}",
  operationId: "getCaptions",
  tags,
  summary: "Captions as WebVTT",
  request: { params },
  responses: { 200: { description: "WebVTT", content: { "text/vtt": { schema: text } } }, ...notFound },
});

export const saveCaptions = createRoute({
  method: "put",
  path: "/videos/{hash}/captions/{lang}",
  operationId: "saveCaptions",
  tags,
  summary: "Give a video captions: WebVTT or SubRip, at most 2 MiB",
  description: "The body is the file itself. What it is follows from its content, not from its type.",
  request: {
    params,
    query: z.object({
      label: z.string().trim().min(1).max(100).optional().openapi({
        description: "What people choose them by; the language's name without it",
        example: "English (CC)",
      }),
    }),
    body: {
      content: {
        "text/vtt": { schema: text },
        "application/x-subrip": { schema: text },
        "text/plain": { schema: text },
      },
    },
  },
  responses: {
    200: json(Captions.extend({ status: z.literal("saved") }), "Saved; players see them soon"),
    ...problems({
      400: "Invalid path",
      404: "Video not found",
      413: "More than 2 MiB",
      422: "Neither WebVTT nor SubRip; `line` is the first that cannot be understood",
    }),
  },
});

export const deleteCaptions = createRoute({
  method: "delete",
  path: "/videos/{hash}/captions/{lang}",
  operationId: "deleteCaptions",
  tags,
  summary: "Take captions away",
  request: { params },
  responses: { 200: json(z.object({ status: z.literal("deleted") }), "Deleted"), ...notFound },
});
