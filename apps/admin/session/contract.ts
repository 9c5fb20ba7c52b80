/** The HTTP surface of logging in: schemas and routes, no I/O. */
import { createRoute, z } from "@hono/zod-openapi";
import { anyKey, json, problems, scopes } from "@video-backend/service/contract";

export const Session = z
  .object({
    scopes: z.array(z.enum(scopes)).openapi({ description: "What may be done with it" }),
    key: z.union([z.object({ id: z.string(), name: z.string() }), z.null()]).openapi({
      description: "The key; null where nobody needs one",
      example: { id: "5f0c1d9a7be24430", name: "admin" },
    }),
    expires_at: z.number().nullable().openapi({ description: "Epoch seconds; null if it does not expire" }),
  })
  .openapi("Session");
export type Session = z.infer<typeof Session>;

const tags = ["Admin"];
const example: Session = {
  scopes: [...scopes],
  key: { id: "5f0c1d9a7be24430", name: "admin" },
  expires_at: 1_767_268_800,
};

export const logIn = createRoute({
  method: "post",
  path: "/session",
  operationId: "logIn",
  ...anyKey,
  tags,
  summary: "Create a session (log in)",
  description:
    "Exchanges the key for a session: a cookie that scripts cannot read, and that counts for pages of this address alone.",
  responses: {
    200: json(Session, "The session, with its cookie", example),
    ...problems({ 409: "The services run with AUTH=open", 503: "Metadata service unavailable: ..." }),
  },
});

export const getSession = createRoute({
  method: "get",
  path: "/session",
  operationId: "getSession",
  ...anyKey,
  tags,
  summary: "Get what the caller may do",
  description: "Describes the session, or the key that is sent.",
  responses: { 200: json(Session, "The session or key", example) },
});

export const logOut = createRoute({
  method: "delete",
  path: "/session",
  operationId: "logOut",
  ...anyKey,
  tags,
  summary: "Delete the session (log out)",
  description: "Ends the session of the cookie. All services refuse it within 5 seconds.",
  responses: {
    200: json(z.object({ status: z.literal("ended") }), "Ended", { status: "ended" }),
    ...problems({ 404: "There is no session", 503: "Metadata service unavailable: ..." }),
  },
});
