/**
 * The tus routes, for the document alone: the protocol is the library's (https://tus.io/protocols/resumable-upload), and
 * clients that speak it need nothing else.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { integer, problems, VideoId } from "@video-backend/service/contract";

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

const offsetHeader = { "upload-offset": { description: "How many bytes are here", schema: integer("Bytes") } };
const expiresHeader = {
  "upload-expires": {
    description: "It is forgotten then unless more comes; absent once every byte is here",
    schema: { type: "string" as const },
  },
};
const mistakes = {
  400: "A header that is none, or a body that ends in the middle: what came of it is kept",
  404: "Upload ID not found",
  412: "Tus-Resumable is missing or of another version",
} as const;

const createTusUpload = createRoute({
  method: "post",
  path: "/files",
  operationId: "createTusUpload",
  tags,
  summary: "Create a tus upload",
  description: "Creates an upload of tus 1.0. The request body may have its first bytes.",
  request: {
    headers: versioned.extend({
      "upload-length": UploadLength.optional(),
      "upload-defer-length": z.literal("1").optional().openapi({ description: "The length is said later" }),
      "upload-metadata": z.string().openapi({
        description: "`filename` (or `name`) and, if it has one, `title`; values in base64",
        example: "filename aG9saWRheS5tcDQ=,title SG9saWRheQ==",
      }),
    }),
    body: { required: false, ...streamed },
  },
  responses: {
    201: {
      description: "Location is where its bytes go; the last part of it is the id of the video",
      headers: {
        location: { description: "Relative to this address", schema: { type: "string" } },
        ...offsetHeader,
        ...expiresHeader,
      },
    },
    ...problems({
      400: "Unsupported file type, a name that is none, or a header that is none",
      412: mistakes[412],
      413: "A file that is larger than is accepted, with the limit",
      422: "No filename, or a title that is none",
      429: "More open uploads than a client may have",
      507: "No room for the file and its renditions, with the figures",
    }),
  },
});

const findTusOffset = createRoute({
  method: "head",
  path: "/files/{upload_id}",
  operationId: "findTusOffset",
  tags,
  summary: "Get the offset of a tus upload",
  description: "Returns the offset from which a client continues. A request that still sends to this upload is ended.",
  request: { params, headers: versioned },
  responses: {
    200: {
      description: "Upload-Length says how many bytes it will have",
      headers: { ...offsetHeader, ...expiresHeader },
    },
    ...problems({ 404: mistakes[404], 412: mistakes[412] }),
  },
});

const appendToTusUpload = createRoute({
  method: "patch",
  path: "/files/{upload_id}",
  operationId: "appendToTusUpload",
  tags,
  summary: "Append to a tus upload",
  description: "Appends bytes at Upload-Offset. The last byte completes the upload.",
  request: {
    params,
    headers: versioned.extend({
      "upload-offset": bytes("Where the body belongs: how many bytes are here", 0),
      "upload-length": UploadLength.optional().openapi({ description: "Where it was deferred" }),
    }),
    body: { required: true, ...streamed },
  },
  responses: {
    204: { description: "They are in place, and on the disk", headers: { ...offsetHeader, ...expiresHeader } },
    ...problems({
      ...mistakes,
      408: "The sender all but stopped; what came is kept",
      409: "Another offset than there is, an upload that takes no more bytes, or a newer request that took over",
      413: "More bytes than were declared, or than are accepted",
      507: "No room left; what came is kept",
    }),
  },
});

const endTusUpload = createRoute({
  method: "delete",
  path: "/files/{upload_id}",
  operationId: "endTusUpload",
  tags,
  summary: "Terminate a tus upload",
  description: "Deletes an upload that is not complete.",
  request: { params, headers: versioned },
  responses: {
    204: { description: "Nothing of it is left" },
    ...problems({ 404: mistakes[404], 409: "It is complete", 412: mistakes[412] }),
  },
});

const describeTus = createRoute({
  method: "options",
  path: "/files",
  operationId: "describeTus",
  tags,
  summary: "Get the tus capabilities",
  description: "Returns Tus-Version, Tus-Extension and Tus-Max-Size.",
  responses: { 204: { description: "The answer to a browser's preflight, too" } },
});

export const tusRoutes = [createTusUpload, findTusOffset, appendToTusUpload, endTusUpload, describeTus];
