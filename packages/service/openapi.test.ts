import { expect, test } from "bun:test";
import { createRoute, z } from "@hono/zod-openapi";
import { createService } from "./create-service.ts";
import { createLog } from "./log.ts";
import { jsonBody } from "./openapi.ts";
import { createRouter } from "./router.ts";
import { anybody } from "./scopes.ts";

const Thing = z
  .object({
    name: z.string(),
    size: z.number().optional(),
    speed: z.coerce.number().default(10),
    parts: z.array(z.string()).default([]),
    kind: z.enum(["a", "b"]).default("a"),
    title: z.string().nullish(),
    note: z.string().nullable().optional(),
  })
  .openapi("Thing");

const responses = { 200: { description: "As it was understood" } };
const routes = createRouter().openapi(
  createRoute({ method: "post", path: "/things", request: jsonBody(Thing, { name: "x" }), responses, ...anybody }),
  (c) => c.json(c.req.valid("json"), 200),
);
const log = createLog("test", "silent");
const service = createService({ name: "test", title: "T", description: "T", log, checks: {} }, routes);
const send = async (body: unknown) => {
  const headers = { "content-type": "application/json" };
  const request = new Request("http://service.test/things", { method: "POST", headers, body: JSON.stringify(body) });
  const reply = await service.fetch(request);
  return { status: reply.status, body: await reply.json() };
};

test("null for an optional field is as if it was left out, and where null is a value it stays one", async () => {
  const all = { name: "x", size: null, speed: null, parts: null, kind: null, title: null, note: null };
  const understood = { name: "x", speed: 10, parts: [], kind: "a", title: null, note: null };
  expect(await send(all)).toEqual({ status: 200, body: understood });
});

test("null for a field that is required, and for the whole body, is refused", async () => {
  for (const body of [{ name: null }, null, [null]]) expect((await send(body)).status).toBe(422);
});

test("the document has the schema as it is", async () => {
  const document = (await (await service.fetch(new Request("http://service.test/openapi.json"))).json()) as {
    paths: Record<string, { post: { requestBody: unknown } }>;
    components: { schemas: { Thing: { properties: object; required: string[] } } };
  };
  expect(document.paths["/things"]?.post.requestBody).toEqual({
    required: true,
    content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" }, example: { name: "x" } } },
  });
  expect(Object.keys(document.components.schemas.Thing.properties)).toEqual(Object.keys(Thing.shape));
  expect(document.components.schemas.Thing.required).toEqual(["name"]);
});
