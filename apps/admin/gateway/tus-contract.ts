/** The tus routes of the gateway, for the document alone: they are passed on as they come, and upload's `/docs` has them whole. */
import { createRoute, z } from "@hono/zod-openapi";
import { problems, VideoId } from "@video-backend/service";

const tags = ["Upload"];
const uploadId = { request: { params: z.object({ upload_id: VideoId }) } };
const away = "The upload service does not answer";

export const tusRoutes = [
  createRoute({
    method: "post",
    path: "/files",
    operationId: "createTusUpload",
    tags,
    summary: "Begin an upload of tus 1.0",
    responses: {
      201: { description: "Location, relative to this address, is where its bytes go" },
      ...problems({ 400: "Bad upload", 413: "Too large", 422: "No filename", 503: away, 507: "No room" }),
    },
  }),
  createRoute({
    method: "head",
    path: "/files/{upload_id}",
    operationId: "findTusOffset",
    tags,
    summary: "Where an upload of tus goes on",
    ...uploadId,
    responses: { 200: { description: "In Upload-Offset" }, ...problems({ 404: "Upload ID not found", 503: away }) },
  }),
  createRoute({
    method: "patch",
    path: "/files/{upload_id}",
    operationId: "appendToTusUpload",
    tags,
    summary: "Send bytes of an upload of tus; the last one completes it",
    ...uploadId,
    responses: {
      204: { description: "In place" },
      ...problems({ 404: "Upload ID not found", 409: "Another offset than there is", 503: away, 507: "No room" }),
    },
  }),
  createRoute({
    method: "delete",
    path: "/files/{upload_id}",
    operationId: "endTusUpload",
    tags,
    summary: "Give up an upload of tus",
    ...uploadId,
    responses: {
      204: { description: "Nothing of it is left" },
      ...problems({ 404: "Upload ID not found", 409: "It is complete", 503: away }),
    },
  }),
];
