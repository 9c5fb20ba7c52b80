/** Captions under one address: passed on to metadata, whose contract has the details. */
import { createRoute, z } from "@hono/zod-openapi";
import { json, LanguageTag, problems, VideoId } from "@video-backend/service";

const tags = ["Captions"];
const path = "/videos/{hash}/captions/{lang}";
const params = z.object({ hash: VideoId, lang: LanguageTag });
const text = z.string();
const known = problems({
  400: "Invalid path",
  404: "Video not found; Captions not found",
  503: "Metadata service unavailable: ...",
});

export const listCaptions = createRoute({
  method: "get",
  path: "/videos/{hash}/captions",
  operationId: "listCaptions",
  tags,
  summary: "The captions of a video",
  request: { params: z.object({ hash: VideoId }) },
  responses: {
    200: json(z.object({ captions: z.array(z.looseObject({ lang: z.string() })) }), "The captions"),
    ...known,
  },
});

export const getCaptions = createRoute({
  method: "get",
  path,
  operationId: "getCaptions",
  tags,
  summary: "Captions as WebVTT",
  request: { params },
  responses: { 200: { description: "WebVTT", content: { "text/vtt": { schema: text } } }, ...known },
});

export const saveCaptions = createRoute({
  method: "put",
  path,
  operationId: "saveCaptions",
  tags,
  summary: "Give a video captions: WebVTT or SubRip, at most 2 MiB; `label` is what people choose them by",
  request: {
    params,
    query: z.object({ label: z.string().optional() }),
    body: { content: { "text/vtt": { schema: text }, "application/x-subrip": { schema: text } } },
  },
  responses: {
    200: json(z.looseObject({ status: z.literal("saved"), lang: z.string() }), "Saved"),
    ...known,
    ...problems({ 413: "More than 2 MiB", 422: "Neither WebVTT nor SubRip" }),
  },
});

export const deleteCaptions = createRoute({
  method: "delete",
  path,
  operationId: "deleteCaptions",
  tags,
  summary: "Take captions away",
  request: { params },
  responses: { 200: json(z.object({ status: z.literal("deleted") }), "Deleted"), ...known },
});
