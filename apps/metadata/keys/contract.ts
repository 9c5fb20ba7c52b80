/** The HTTP surface of API keys and their sessions: schemas and routes, no I/O. */
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

export const LookedUpKey = ApiKey.extend({
  session_id: KeyId.nullable().openapi({ description: "The session that has this hash; null for the key itself" }),
}).openapi("LookedUpKey");
export type LookedUpKey = z.infer<typeof LookedUpKey>;

export const lookUpKey = createRoute({
  method: "get",
  path: "/keys/lookup",
  operationId: "lookUpKey",
  ...servicesOnly,
  tags,
  summary: "Get the valid key with a hash",
  description: "By this the other services verify a key, or a session of one. Records that it was used.",
  request: {
    query: z.object({
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, "a SHA-256 is 64 hexadecimal digits")
        .openapi({ description: "SHA-256 of the key, or of a session's token, in hex", example: "0".repeat(64) }),
    }),
  },
  responses: {
    200: json(LookedUpKey, "The key", { ...example, session_id: null }),
    ...problems({ 404: "No valid key has this hash", 422: "Invalid query" }),
  },
});

export const createSession = createRoute({
  method: "post",
  path: "/sessions",
  operationId: "createSession",
  ...servicesOnly,
  tags,
  summary: "Create a session of a key",
  description: "The token stands for the key until it expires, the session is ended, or the key is revoked.",
  request: jsonBody(
    z
      .object({
        key_id: KeyId,
        expires_in_seconds: z.number().int().min(1).openapi(integer("It ends with its key at the latest", 43_200)),
      })
      .openapi("NewSession"),
    { key_id: example.id, expires_in_seconds: 43_200 },
  ),
  responses: {
    200: json(
      z
        .object({
          id: KeyId,
          token: z.string().openapi({ description: "It is not stored and cannot be shown again" }),
          expires_at: z.number().openapi({ description: "Epoch seconds" }),
        })
        .openapi("CreatedSession"),
      "The session",
      { id: "97aa0c1d9a7be244", token: `vbx_${"A".repeat(32)}.${"A".repeat(24)}`, expires_at: 1_767_268_800 },
    ),
    ...problems({ 404: "Key not found", 409: "The services run with AUTH=open", 422: "Invalid request" }),
  },
});

export const endSession = createRoute({
  method: "delete",
  path: "/sessions/{id}",
  operationId: "endSession",
  ...servicesOnly,
  tags,
  summary: "Delete a session",
  description: "Ends it. All services refuse it within 5 seconds.",
  request: { params: z.object({ id: KeyId }) },
  responses: {
    200: json(z.object({ status: z.literal("ended") }), "Ended", { status: "ended" }),
    ...problems({ 400: "Invalid path", 404: "Session not found" }),
  },
});
