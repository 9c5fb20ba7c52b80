/** The HTTP surface of captions: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  exampleVideoId,
  integer,
  json,
  LanguageTag,
  problems,
  scope,
  text,
  VideoId,
} from "@video-backend/service/contract";

export const Captions = z
  .object({
    lang: z.string().openapi({ description: "BCP 47, canonical", example: "en" }),
    label: z.string().nullable().openapi({ description: "Shown in menus; the name of the language if null" }),
    bytes: z.number().openapi(integer("Size of the WebVTT")),
    updated_at: z.number().openapi({ description: "Epoch seconds; differs between versions" }),
  })
  .openapi("Captions");
export type Captions = z.infer<typeof Captions>;

export const CaptionsOfVideo = Captions.extend({ hash: VideoId }).openapi("CaptionsOfVideo");
export type CaptionsOfVideo = z.infer<typeof CaptionsOfVideo>;

const tags = ["Captions"];
const ofVideo = z.object({ hash: VideoId });
const params = z.object({ hash: VideoId, lang: LanguageTag });
const example: Captions = { lang: "en", label: "English (CC)", bytes: 1834, updated_at: 1_767_225_684.5 };
const exampleText = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHello\n";
const textBody = { schema: z.string(), example: exampleText };
const notFound = problems({ 400: "Invalid path", 404: "Video not found; Captions not found" });

export const listAllCaptions = createRoute({
  method: "get",
  path: "/captions",
  operationId: "listAllCaptions",
  ...scope("read"),
  tags,
  summary: "List all captions",
  description: "Returns the captions of all videos, for a service that missed events of the feed.",
  responses: {
    200: json(z.object({ captions: z.array(CaptionsOfVideo) }), "The captions, without their text", {
      captions: [{ ...example, hash: exampleVideoId }],
    }),
  },
});

export const listCaptions = createRoute({
  method: "get",
  path: "/videos/{hash}/captions",
  operationId: "listCaptions",
  ...scope("read"),
  tags,
  summary: "List the captions of a video",
  description: "Returns one entry per language.",
  request: { params: ofVideo },
  responses: {
    200: json(z.object({ captions: z.array(Captions) }), "The captions, without their text", { captions: [example] }),
    ...problems({ 400: "Invalid path", 404: "Video not found" }),
  },
});

export const getCaptions = createRoute({
  method: "get",
  path: "/videos/{hash}/captions/{lang}",
  operationId: "getCaptions",
  ...scope("read"),
  tags,
  summary: "Get captions",
  description: "Returns the captions in one language as WebVTT, whatever format they were uploaded in.",
  request: { params },
  responses: { 200: text("text/vtt", "The captions", exampleText), ...notFound },
});

export const saveCaptions = createRoute({
  method: "put",
  path: "/videos/{hash}/captions/{lang}",
  operationId: "saveCaptions",
  ...scope("write"),
  tags,
  summary: "Save captions",
  description:
    "Takes a WebVTT or SubRip file of at most 2 MiB as the request body. The format is detected from the content, not from " +
    "the content type. Replaces the captions in this language.",
  request: {
    params,
    query: z.object({
      label: z.string().trim().min(1).max(100).optional().openapi({
        description: "Shown in menus; the name of the language by default",
        example: "English (CC)",
      }),
    }),
    body: {
      content: {
        "text/vtt": textBody,
        "application/x-subrip": textBody,
        "text/plain": textBody,
      },
    },
  },
  responses: {
    200: json(Captions.extend({ status: z.literal("saved") }), "Saved", { ...example, status: "saved" }),
    ...problems({
      400: "Invalid path",
      404: "Video not found",
      413: "More than 2 MiB",
      422: "Neither WebVTT nor SubRip; `line` is the first invalid line",
    }),
  },
});

export const deleteCaptions = createRoute({
  method: "delete",
  path: "/videos/{hash}/captions/{lang}",
  operationId: "deleteCaptions",
  ...scope("write"),
  tags,
  summary: "Delete captions",
  description: "Removes the captions in one language from the video.",
  request: { params },
  responses: { 200: json(z.object({ status: z.literal("deleted") }), "Deleted", { status: "deleted" }), ...notFound },
});
