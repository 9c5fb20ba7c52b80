/** The HTTP surface of API keys: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import { integer, json, jsonBody, problems, scope, scopes, servicesOnly } from "@video-backend/service/contract";

const KeyId = z
  .string()
  .regex(/^[0-9a-f]{16}$/, "the id of a key is 16 hexadecimal digits")
  .openapi({ description: "The id of a key; no secret", example: "5f0c1d9a7be24430" });

const Scopes = z
  .array(z.enum(scopes))
  .min(1)
  .transform((list) => scopes.filter((name) => list.includes(name)))
  .openapi({ type: "array", items: { type: "string", enum: [...scopes] }, example: ["read", "upload"] });

export const ApiKey = z
  .object({
    id: KeyId,
    name: z.string().openapi({ example: "My site" }),
    scopes: z.array(z.enum(scopes)),
    created_at: z.number().openapi({ description: "Epoch seconds" }),
    expires_at: z.number().nullable().openapi({ description: "Epoch seconds; null if it does not expire" }),
    last_used_at: z.number().nullable().openapi({ description: "Epoch seconds, to a minute; null if never used" }),
  })
  .openapi("ApiKey");
export type ApiKey = z.infer<typeof ApiKey>;

export const NewApiKey = z
  .object({
    name: z.string().trim().min(1).max(100),
    scopes: Scopes,
    expires_in_seconds: z
      .number()
      .int()
      .min(1)
      .optional()
      .openapi(integer("It does not expire by default", 30 * 24 * 3600)),
  })
  .openapi("NewApiKey");
export type NewApiKey = z.infer<typeof NewApiKey>;

export const CreatedApiKey = ApiKey.extend({
  key: z.string().openapi({ description: "The key itself. It is not stored and cannot be shown again" }),
}).openapi("CreatedApiKey");

const tags = ["Keys"];
const example: ApiKey = {
  id: "5f0c1d9a7be24430",
  name: "My site",
  scopes: ["read", "upload"],
  created_at: 1_767_225_600.25,
  expires_at: null,
  last_used_at: 1_767_225_660,
};

export const createKey = createRoute({
  method: "post",
  path: "/keys",
  operationId: "createKey",
  ...scope("admin"),
  tags,
  summary: "Create an API key",
  description: "The response is the only place where the key is shown. Send it as `Authorization: Bearer`.",
  request: jsonBody(NewApiKey, { name: "My site", scopes: ["read", "upload"] }),
  responses: {
    200: json(CreatedApiKey, "The key", { ...example, last_used_at: null, key: `vb_${"A".repeat(43)}` }),
    ...problems({ 422: "Invalid request" }),
  },
});

export const listKeys = createRoute({
  method: "get",
  path: "/keys",
  operationId: "listKeys",
  ...scope("admin"),
  tags,
  summary: "List API keys",
  description: "Returns all keys that are not revoked, expired ones included, newest first.",
  responses: { 200: json(z.object({ keys: z.array(ApiKey) }), "The keys", { keys: [example] }) },
});

export const revokeKey = createRoute({
  method: "delete",
  path: "/keys/{id}",
  operationId: "revokeKey",
  ...scope("admin"),
  tags,
  summary: "Delete an API key",
  description: "Revokes the key. All services refuse it within 5 seconds.",
  request: { params: z.object({ id: KeyId }) },
  responses: {
    200: json(z.object({ status: z.literal("revoked") }), "Revoked", { status: "revoked" }),
    ...problems({ 400: "Invalid path", 404: "Key not found" }),
  },
});

export const lookUpKey = createRoute({
  method: "get",
  path: "/keys/lookup",
  operationId: "lookUpKey",
  ...servicesOnly,
  tags,
  summary: "Get the valid key with a hash",
  description: "By this the other services verify a key. Records that it was used.",
  request: {
    query: z.object({
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, "a SHA-256 is 64 hexadecimal digits")
        .openapi({ description: "SHA-256 of the key, in hex", example: "0".repeat(64) }),
    }),
  },
  responses: {
    200: json(ApiKey, "The key", example),
    ...problems({ 404: "No valid key has this hash", 422: "Invalid query" }),
  },
});
