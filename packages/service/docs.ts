/**
 * `/openapi.json`, made from the routes themselves, and `/docs`, the Scalar reference that reads it. Scalar's script comes
 * from this service too and not from a CDN, so that the reference opens on a machine without the internet.
 */
import { openAsBlob } from "node:fs";
import { fileURLToPath } from "node:url";
import { Scalar } from "@scalar/hono-api-reference";
import { isLimited } from "./limits.ts";
import { Problem } from "./problem.ts";
import type { ServiceApp } from "./router.ts";
import { schemes } from "./scopes.ts";

const scriptPath = fileURLToPath(new URL("browser/standalone.js", import.meta.resolve("@scalar/api-reference")));

/** What of the reference would call, or point, elsewhere. */
const nothingRemote = {
  telemetry: false,
  withDefaultFonts: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  showDeveloperTools: "never",
} as const;

/** Adds the pages; call it after the routes are in. */
export function addDocs(app: ServiceApp, about: { title: string; description: string }): void {
  app.openAPIRegistry.register("Problem", Problem);
  app.openAPIRegistry.registerComponent("securitySchemes", schemes.apiKey, {
    type: "http",
    scheme: "bearer",
    description:
      "An API key, with the scope that the operation names; for pages of the studio, the cookie of its session. Not needed where the services run with AUTH=open",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", schemes.serviceKey, {
    type: "http",
    scheme: "bearer",
    description: "The key of the services themselves",
  });
  app.openAPIRegistry.registerComponent("securitySchemes", schemes.uploadToken, {
    type: "http",
    scheme: "bearer",
    description: "An upload token of `POST /upload/tokens`, for its own upload",
  });
  const information = {
    openapi: "3.1.0",
    info: { title: about.title, description: about.description, version: "1.0.0" },
    servers: [{ url: "./", description: "This service, relative to the address of this document" }],
  };
  app.get("/openapi.json", (c) => c.json(withNamedWebhooks(withCommonErrors(app.getOpenAPI31Document(information)))));
  const page = { url: "./openapi.json", pageTitle: about.title, cdn: "./docs/scalar.js" };
  app.get("/docs", Scalar({ ...page, ...nothingRemote }));
  app.get("/docs/scalar.js", async () => {
    const headers = { "content-type": "text/javascript; charset=utf-8", "cache-control": "public, max-age=86400" };
    return new Response(await openAsBlob(scriptPath), { headers });
  });
}

type Document = ReturnType<ServiceApp["getOpenAPI31Document"]>;

const methods = ["get", "put", "post", "delete", "options", "head", "patch"] as const;

const problem = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
});
const internalError = problem("Internal server error");
const tooMany = problem("Too many requests of this key or address, or wrong keys from it; see Retry-After");
const unauthorized = problem("No key, or one that is not valid");

/** Any operation may answer 500, and one that needs a key 401 and 403, so they are declared in one place. */
function withCommonErrors(document: Document): Document {
  for (const path of Object.values(document.paths ?? {})) {
    for (const method of methods) {
      const operation = path[method];
      if (!operation) continue;
      const needsKey = (operation.security ?? []).length > 0;
      const forbidden = operation.responses?.[403] ?? problem("The key lacks the scope, which `missing_scope` names");
      const ofKeys = needsKey ? { 401: unauthorized, 403: forbidden } : {};
      const isCounted = isLimited(operation as { security: [] });
      const ofLimits = isCounted ? { 429: operation.responses?.[429] ?? tooMany } : {};
      operation.responses = { ...operation.responses, ...ofKeys, ...ofLimits, 500: internalError };
    }
  }
  return document;
}

/** Webhooks have names, not paths: the router that routes are mounted on puts a slash before them. */
function withNamedWebhooks(document: Document): Document {
  const { webhooks } = document;
  if (!webhooks) return document;
  const named = Object.entries(webhooks).map(([name, item]) => [name.replace(/^\//, ""), item]);
  return { ...document, webhooks: Object.fromEntries(named) };
}
