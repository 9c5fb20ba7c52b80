/**
 * The tus routes, for the OpenAPI document only: the library implements the protocol (https://tus.io/protocols/resumable-upload), and
 * clients that speak it need nothing else.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { anybody, integer, notLimited, problems, uploadScopeOrToken, VideoId } from "@video-backend/service/contract";

const tags = ["tus 1.0"];
const params = z.object({ upload_id: VideoId });

const version = z.literal("1.0.0").openapi({ description: "The version of the protocol" });
const bytes = (description: string, example: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .openapi({ description, example: String(example) });

const versioned = z.object({ "tus-resumable": version });
const UploadLength = bytes("Bytes of the whole file", 12_582_912);
const streamed = {
  content: {
    "application/offset+octet-stream": { schema: z.string().openapi({ type: "string", format: "binary" }) },
  },
};

const offsetHeader = { "upload-offset": { description: "Bytes that are received", schema: integer("Bytes") } };
const expiresHeader = {
  "upload-expires": {
    description: "It is deleted then unless more is received; absent once every byte is received",
    schema: { type: "string" as const },
  },
};
const mistakes = {
  400: "An invalid header, or a body that ends early: what was received is kept",
  404: "Upload ID not found",
  412: "Tus-Resumable is missing or has another version",
} as const;

const createTusUpload = createRoute({
  method: "post",
  path: "/files",
  operationId: "createTusUpload",
  ...uploadScopeOrToken,
  tags,
  summary: "Create a tus upload",
  description: "Creates an upload of tus 1.0. The request body may have its first bytes.",
  request: {
    headers: versioned.extend({
      "upload-length": UploadLength.optional(),
      "upload-defer-length": z.literal("1").optional().openapi({ description: "The length is declared later" }),
      "upload-metadata": z.string().openapi({
        description: "`filename` (or `name`) and optionally `title`; values in base64",
        example: "filename aG9saWRheS5tcDQ=,title SG9saWRheQ==",
      }),
    }),
    body: { required: false, ...streamed },
  },
  responses: {
    201: {
      description: "Location is the URL of the upload; its last part is the id of the video",
      headers: {
        location: { description: "Relative to this address", schema: { type: "string" } },
        ...offsetHeader,
        ...expiresHeader,
      },
    },
    ...problems({
      400: "Unsupported file type, an invalid name, or an invalid header",
      412: mistakes[412],
      413: "A file that is too large, with the limit",
      422: "No filename, or an invalid title",
      429: "Too many open uploads of this client",
      507: "No room for the file and its renditions, with the figures",
    }),
  },
});

const findTusOffset = createRoute({
  method: "head",
  path: "/files/{upload_id}",
  operationId: "findTusOffset",
  ...uploadScopeOrToken,
  tags,
  summary: "Get the offset of a tus upload",
  description:
    "Returns the offset from which a client continues. A request that still sends to this upload is cancelled.",
  request: { params, headers: versioned },
  responses: {
    200: {
      description: "Upload-Length is the length of the whole file, if it is declared",
      headers: { ...offsetHeader, ...expiresHeader },
    },
    ...problems({ 404: mistakes[404], 412: mistakes[412] }),
  },
});

const appendToTusUpload = createRoute({
  method: "patch",
  path: "/files/{upload_id}",
  operationId: "appendToTusUpload",
  ...uploadScopeOrToken,
  ...notLimited,
  tags,
  summary: "Append to a tus upload",
  description: "Appends bytes at Upload-Offset. The last byte completes the upload.",
  request: {
    params,
    headers: versioned.extend({
      "upload-offset": bytes("Offset of the body: the number of bytes that are received", 0),
      "upload-length": UploadLength.optional().openapi({ description: "If it was deferred" }),
    }),
    body: { required: true, ...streamed },
  },
  responses: {
    204: { description: "The bytes are on the disk", headers: { ...offsetHeader, ...expiresHeader } },
    ...problems({
      ...mistakes,
      408: "The sender is too slow; what was received is kept",
      409: "A wrong offset, an upload that accepts no more bytes, or a newer request that took over",
      413: "More bytes than declared, or than accepted",
      507: "No room left; what was received is kept",
    }),
  },
});

const endTusUpload = createRoute({
  method: "delete",
  path: "/files/{upload_id}",
  operationId: "endTusUpload",
  ...uploadScopeOrToken,
  tags,
  summary: "Terminate a tus upload",
  description: "Deletes an upload that is not complete.",
  request: { params, headers: versioned },
  responses: {
    204: { description: "Deleted" },
    ...problems({ 404: mistakes[404], 409: "It is complete", 412: mistakes[412] }),
  },
});

const describeTus = createRoute({
  method: "options",
  path: "/files",
  operationId: "describeTus",
  ...anybody,
  tags,
  summary: "Get the tus capabilities",
  description: "Returns Tus-Version, Tus-Extension and Tus-Max-Size.",
  responses: { 204: { description: "Also the response to a preflight request of a browser" } },
});

export const tusRoutes = [createTusUpload, findTusOffset, appendToTusUpload, endTusUpload, describeTus];
