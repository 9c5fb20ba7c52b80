/** What is left over, under one address: passed on to upload, whose contract has the details. */
import { createRoute, z } from "@hono/zod-openapi";
import { json, problems, VideoId } from "@video-backend/service";

const tags = ["Janitor"];
const path = "/upload/janitor";
const report = z.object({
  metadata_available: z.boolean(),
  findings: z.array(
    z.looseObject({ kind: z.string(), upload_id: VideoId, bytes: z.number(), action: z.string(), done: z.boolean() }),
  ),
});
const away = { 503: "Upload service unavailable: ..." } as const;

export const inspectStorage = createRoute({
  method: "get",
  path,
  operationId: "inspectStorage",
  tags,
  summary: "What lies in the storage that nobody has, and what would be done about it",
  responses: { 200: json(report, "What the janitor finds"), ...problems(away) },
});

export const cleanStorage = createRoute({
  method: "post",
  path,
  operationId: "cleanStorage",
  tags,
  summary: "Do it, and remove the originals that are named: remove_originals (JSON)",
  responses: {
    200: json(report, "What it found and did"),
    ...problems({ 409: "An original that is named and may not go", 422: "Bad form", ...away }),
  },
});
