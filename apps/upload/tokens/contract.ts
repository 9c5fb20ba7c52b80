/** The HTTP surface of upload tokens. */
import { createRoute, z } from "@hono/zod-openapi";
import { integer, json, jsonBody, problems, scope } from "@video-backend/service/contract";
import { visibilities } from "../uploads/store.ts";

/** For how long a token is valid if nothing is said. */
export const defaultTokenSeconds = 24 * 3600;
const maxTokenSeconds = 30 * defaultTokenSeconds;

const TokenId = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .openapi({ description: "Names an upload token in logs; no secret", example: "5f0c1d9a7be24430" });

const maxBytes = integer("The largest file; null for no limit but the operator's", 2_000_000_000);
const Visibility = z.enum(visibilities);

export const NewUploadToken = z
  .object({
    max_bytes: z.number().int().min(1).optional().openapi(maxBytes),
    expires_in_seconds: z
      .number()
      .int()
      .min(1)
      .max(maxTokenSeconds)
      .optional()
      .openapi(integer("The upload has to be complete by then; a day by default", defaultTokenSeconds)),
    title: z.string().max(500).optional().openapi({ description: "Of the video; its bearer cannot set another" }),
    visibility: Visibility.optional().openapi({ description: "Of the video; `public` by default" }),
  })
  .openapi("NewUploadToken");
export type NewUploadToken = z.infer<typeof NewUploadToken>;

export const CreatedUploadToken = z
  .object({
    id: TokenId,
    token: z.string().openapi({ description: "The token itself. It is not stored and cannot be shown again" }),
    max_bytes: z.number().nullable().openapi(maxBytes),
    expires_at: z.number().openapi({ description: "Epoch seconds" }),
    title: z.string().nullable(),
    visibility: Visibility.nullable(),
  })
  .openapi("CreatedUploadToken");
export type CreatedUploadToken = z.infer<typeof CreatedUploadToken>;

const tags = ["Upload tokens"];

export const createUploadToken = createRoute({
  method: "post",
  path: "/upload/tokens",
  operationId: "createUploadToken",
  ...scope("upload"),
  tags,
  summary: "Create an upload token",
  description:
    "Lets somebody without a key, such as a user of your page, send one upload: as `Authorization: Bearer`, by chunks or by tus. " +
    "Of a complete upload it may still read the state.",
  request: jsonBody(NewUploadToken, { max_bytes: 2_000_000_000, title: "Holiday", visibility: "private" }, false),
  responses: {
    200: json(CreatedUploadToken, "The token", {
      id: "5f0c1d9a7be24430",
      token: `vbu_${"A".repeat(43)}`,
      max_bytes: 2_000_000_000,
      expires_at: 1_767_312_000.25,
      title: "Holiday",
      visibility: "private",
    }),
    ...problems({ 408: "The sender is too slow", 413: "The request is too large", 422: "Invalid request" }),
  },
});

export const revokeUploadToken = createRoute({
  method: "delete",
  path: "/upload/tokens/{id}",
  operationId: "revokeUploadToken",
  ...scope("upload"),
  tags,
  summary: "Delete an upload token",
  description:
    "The token is refused from then on. An upload that it started stays; DELETE /upload/{upload_id} cancels it.",
  request: { params: z.object({ id: TokenId }) },
  responses: {
    200: json(z.object({ status: z.literal("revoked") }), "Revoked", { status: "revoked" }),
    ...problems({ 400: "Invalid path", 404: "Upload token not found" }),
  },
});
