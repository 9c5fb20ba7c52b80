/** The HTTP surface of the upload service: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import {
  binary,
  exampleVideoId,
  integer,
  json,
  jsonBody,
  notLimited,
  problems,
  scope,
  uploadScopeOrToken,
  VideoId,
} from "@video-backend/service/contract";
import { maxTotalChunks, uploadStates } from "./uploads/store.ts";

export * from "./janitor/contract.ts";
export * from "./tokens/contract.ts";
export * from "./tus/contract.ts";

/** A whole number, as JSON has it or as a form spells it. */
const wholeNumber = (least: number, most: number, description: string, example: number) =>
  z
    .union(
      [
        z.number(),
        z
          .string()
          .regex(/^\d{1,15}$/)
          .transform(Number),
      ],
      {
        error: `an integer from ${least} to ${most} is expected`,
      },
    )
    .pipe(z.int().min(least).max(most))
    .openapi({ ...integer(description, example), minimum: least, maximum: most });

const sizeBytes = (description: string, example: number) =>
  wholeNumber(0, Number.MAX_SAFE_INTEGER, description, example);

export const NewUpload = z
  .object({
    filename: z.string().openapi({
      description: "A plain name with the extension of a video or audio file, at most 255 characters",
      example: "holiday.mp4",
    }),
    total_chunks: wholeNumber(1, maxTotalChunks, "Number of chunks", 12),
    file_size: sizeBytes("Bytes of the whole file; if it is declared, complete checks it", 12_582_912).optional(),
    chunk_size: sizeBytes(
      "Bytes of each chunk but the last. With it every chunk is written to its offset, in any order",
      1_048_576,
    ).optional(),
    title: z.string().max(500).optional(),
  })
  .openapi("NewUpload");
export type NewUpload = z.infer<typeof NewUpload>;

export const NewUploadFromUrl = z
  .object({
    url: z.string().openapi({
      description: "http or https, on the public internet, without a user name and password",
      example: "https://films.example/holiday.mp4",
    }),
    filename: NewUpload.shape.filename
      .openapi({
        description:
          "As in init. By default the name in Content-Disposition, else the last segment of the URL, else one by the media type",
      })
      .optional(),
    title: NewUpload.shape.title,
  })
  .openapi("NewUploadFromUrl");
export type NewUploadFromUrl = z.infer<typeof NewUploadFromUrl>;

const exampleSha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const Sha256 = z
  .string()
  .regex(/^[0-9a-fA-F]{64}$/, "64 hexadecimal digits are expected")
  .openapi({
    description: "SHA-256 in hexadecimal digits",
    example: exampleSha256,
  });

const chunkIndex = wholeNumber(0, maxTotalChunks - 1, "Index of the chunk, from 0", 0);

export const ChunkFields = z.object({
  upload_id: VideoId,
  index: chunkIndex,
  sha256: Sha256.optional(),
});
export type ChunkFields = z.infer<typeof ChunkFields>;

const ChunkForm = ChunkFields.extend({
  file: z.string().openapi({ type: "string", format: "binary", description: "The bytes of the chunk" }),
}).openapi("ChunkForm");

export const CompleteUpload = z.object({ upload_id: VideoId, sha256: Sha256.optional() }).openapi("CompleteUpload");

export const Upload = z
  .object({
    upload_id: VideoId,
    filename: z.string(),
    title: z.string().nullable(),
    total_chunks: z.number().openapi(integer("Number of chunks")),
    file_size: z.number().nullable().openapi(integer("Bytes, as declared at init")),
    chunk_size: z.number().nullable().openapi(integer("Bytes, as declared at init")),
    received: z.array(z.number().openapi(integer("Index"))).openapi({ description: "Acknowledged chunks, ascending" }),
    missing: z.array(z.number().openapi(integer("Index"))).openapi({ description: "Chunks still to send, ascending" }),
    bytes_received: z.number().openapi(integer("Acknowledged bytes")),
    state: z.enum(uploadStates).openapi({ description: "`receiving` takes chunks; `handed_over` is being transcoded" }),
    error: z.string().nullable().openapi({ description: "Why the last attempt of the handover or the fetch failed" }),
    source_url: z
      .string()
      .nullable()
      .openapi({ description: "The URL that it is fetched from, without its query, which may contain a secret" }),
    fetch: z.enum(["fetching", "given_up", "fetched"]).nullable().openapi({
      description: "Of an upload from a URL: `given_up` has its reason in `error`",
    }),
    sha256: z.string().nullable().openapi({ description: "Of the whole source; null until it is computed" }),
    duplicate_of: z.string().nullable().openapi({ description: "The earlier upload of the same bytes" }),
    expires_at: z
      .number()
      .nullable()
      .openapi({ description: "Epoch seconds; it is deleted then unless more is received. Null once it is complete" }),
    created_at: z.number().openapi({ description: "Epoch seconds" }),
    updated_at: z.number().openapi({ description: "Epoch seconds" }),
  })
  .openapi("Upload");
export type Upload = z.infer<typeof Upload>;

/**
 * A small form, or the JSON that it means. `smallForm` converts the one to the other before the validator, so for the validator
 * there is JSON alone.
 *
 * @param name of the schema in the document
 */
function formBody<Schema extends z.ZodObject>(name: string, schema: Schema, example: z.input<NoInfer<Schema>>) {
  const { body } = jsonBody(schema, example);
  const form = { schema: { $ref: `#/components/schemas/${name}` }, example };
  const forms = { "multipart/form-data": form, "application/x-www-form-urlencoded": form };
  return { body: { ...body, content: { ...forms, ...body.content } as typeof body.content } };
}

const exampleNew = { filename: "holiday.mp4", total_chunks: 12, file_size: 12_582_912, chunk_size: 1_048_576 };
const exampleFromUrl: NewUploadFromUrl = { url: "https://films.example/holiday.mp4" };
const exampleComplete = { upload_id: exampleVideoId, sha256: exampleSha256 };
const exampleUpload: Upload = {
  upload_id: exampleVideoId,
  filename: "holiday.mp4",
  title: null,
  total_chunks: 3,
  file_size: 3_145_728,
  chunk_size: 1_048_576,
  received: [0, 2],
  missing: [1],
  bytes_received: 2_097_152,
  state: "receiving",
  error: null,
  source_url: null,
  fetch: null,
  sha256: null,
  duplicate_of: null,
  expires_at: 1_767_312_000,
  created_at: 1_767_225_600.25,
  updated_at: 1_767_225_684.5,
};

const tags = ["Upload"];
const params = z.object({ upload_id: VideoId });

export const initUpload = createRoute({
  method: "post",
  path: "/upload/init",
  operationId: "initUpload",
  ...uploadScopeOrToken,
  tags,
  summary: "Start an upload",
  description: "Returns the id under which the chunks are sent, in any order.",
  request: formBody("NewUpload", NewUpload, exampleNew),
  responses: {
    200: json(z.object({ upload_id: VideoId }), "Started", { upload_id: exampleVideoId }),
    ...problems({
      400: "Unsupported file type (`accepted` lists the supported ones), or an invalid name",
      408: "The sender is too slow",
      413: "A file, a chunk or a form that is too large, with the limit",
      422: "Invalid request, or sizes that contradict each other",
      429: "Too many open uploads of this client",
      507: "No room for the file and its renditions, with the figures",
    }),
  },
});

export const uploadFromUrl = createRoute({
  method: "post",
  path: "/upload/from-url",
  operationId: "uploadFromUrl",
  ...scope("upload"),
  tags,
  summary: "Start an upload from a URL",
  description:
    "The URL is requested once before the response. Then the file is fetched in the background, and the fetch resumes after " +
    "lost connections and restarts. The upload completes by itself; `GET /upload/{upload_id}` has its progress, and DELETE " +
    "cancels it. Addresses that are not public are refused, also after a redirect, unless the operator allows them.",
  request: formBody("NewUploadFromUrl", NewUploadFromUrl, exampleFromUrl),
  responses: {
    200: json(z.object({ upload_id: VideoId }), "Started", { upload_id: exampleVideoId }),
    ...problems({
      400: "Unsupported file type (`accepted` lists the supported ones), or an invalid name",
      403: "The URL is not public, or uploads from a URL are switched off",
      413: "A file or a form that is too large, with the limit",
      422: "Invalid request, or a URL that does not serve a file",
      429: "Too many open uploads of this client",
      502: "The URL did not answer, or with a temporary error",
      507: "No room for the file and its renditions, with the figures",
    }),
  },
});

const chunkIsIn = json(
  z.object({ status: z.literal("ok"), index: z.number().openapi(integer("Of this chunk")) }),
  "Received and stored on disk",
  { status: "ok", index: 0 },
);

const chunkProblems = {
  400: "A body or form that ends early or cannot be parsed",
  404: "Upload ID not found",
  408: "The sender is too slow",
  409: "The upload accepts no more chunks",
  413: "A chunk that is too large, or that would make the file too large",
  422: "Invalid request, an index out of range, a wrong size, or a digest mismatch",
  507: "No room left",
} as const;

const ChunkIndexParam = z
  .string()
  .regex(/^\d{1,6}$/)
  .transform(Number)
  .openapi({ ...integer("Index of the chunk, from 0", 0), minimum: 0, maximum: maxTotalChunks - 1 });

/** Hidden from the document that the router writes, since its validator would hold the whole form in memory. */
export const receiveChunk = createRoute({
  method: "post",
  path: "/upload/chunk",
  operationId: "receiveChunk",
  ...uploadScopeOrToken,
  ...notLimited,
  hide: true,
  tags,
  summary: "Upload a chunk as a form",
  description: "Chunks may be sent in any order, concurrently and repeatedly.",
  responses: { 200: chunkIsIn, ...problems(chunkProblems) },
});

const { hide: _, ...shown } = receiveChunk;

/** The same for the document, with what it takes. */
export const chunkForm = {
  ...shown,
  request: { body: { required: true, content: { "multipart/form-data": { schema: ChunkForm } } } },
};

export const putChunk = createRoute({
  method: "put",
  path: "/upload/{upload_id}/chunks/{index}",
  operationId: "putChunk",
  ...uploadScopeOrToken,
  ...notLimited,
  tags,
  summary: "Upload a chunk as a raw body",
  description:
    "The request body is the chunk, which costs less than a form. A Content-Digest (RFC 9530, sha-256 or sha-512) is verified " +
    "before the chunk is accepted. If a chunk is sent twice, also at the same time, the newer one is kept.",
  request: {
    params: z.object({ upload_id: VideoId, index: ChunkIndexParam }),
    headers: z.object({
      "content-digest": z
        .string()
        .optional()
        .openapi({ example: "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:" }),
    }),
    body: { required: true, content: { "application/octet-stream": { schema: binary } } },
  },
  responses: { 200: chunkIsIn, ...problems(chunkProblems) },
});

export const completeUpload = createRoute({
  method: "post",
  path: "/upload/complete",
  operationId: "completeUpload",
  ...uploadScopeOrToken,
  tags,
  summary: "Complete an upload",
  description: "Registers the video and starts its transcoding. Repeated calls have the same response.",
  request: formBody("CompleteUpload", CompleteUpload, exampleComplete),
  responses: {
    200: json(
      z.object({
        hash: VideoId,
        duplicate_of: VideoId.optional().openapi({
          description: "The earlier upload of the same bytes, if the hash is known",
        }),
      }),
      "Complete; transcoding starts as soon as the other services are available",
      { hash: exampleVideoId },
    ),
    ...problems({
      400: "Missing chunks: expected N, got M (`missing` lists the first 1000, `missing_count` says how many)",
      404: "Upload ID not found or missing metadata",
      408: "The sender is too slow",
      409: "It is still being fetched from a URL, and completes by itself",
      413: "The form is too large",
      422: "Invalid request, chunks whose sum is not file_size, or a file that differs from its sha256",
      507: "No room left",
    }),
  },
});

export const getUpload = createRoute({
  method: "get",
  path: "/upload/{upload_id}",
  operationId: "getUpload",
  ...uploadScopeOrToken,
  tags,
  summary: "Get an upload",
  description: "Lists received and missing chunks, so that an interrupted client can continue.",
  request: { params },
  responses: {
    200: json(Upload, "The upload", exampleUpload),
    ...problems({ 400: "Invalid path", 404: "Upload ID not found" }),
  },
});

export const deleteUpload = createRoute({
  method: "delete",
  path: "/upload/{upload_id}",
  operationId: "deleteUpload",
  ...scope("upload"),
  tags,
  summary: "Delete an upload",
  description:
    "Cancels all work on the upload and deletes its chunks and its source. Succeeds if there is no such upload.",
  request: { params },
  responses: {
    200: json(z.object({ status: z.literal("deleted") }), "Deleted", { status: "deleted" }),
    ...problems({ 400: "Invalid path" }),
  },
});

export const measureSpeed = createRoute({
  method: "get",
  path: "/api/speedtest",
  operationId: "measureSpeed",
  ...scope("upload"),
  tags: ["Service"],
  summary: "Measure the download speed",
  description: "Serves 1 MiB of incompressible bytes.",
  responses: {
    200: {
      description: "1 MiB",
      content: { "application/octet-stream": { schema: binary } },
    },
  },
});
