/**
 * `/openapi.json`, made from the routes themselves, and `/docs`, the Scalar reference that reads it. Scalar's script comes
 * from this service too and not from a CDN, so that the reference opens on a machine without the internet.
 */
import { openAsBlob } from "node:fs";
import { fileURLToPath } from "node:url";
import { Scalar } from "@scalar/hono-api-reference";
import type { ServiceApp } from "./router.ts";

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
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: about.title, description: about.description, version: "1.0.0" },
    servers: [{ url: "./", description: "This service, below whatever prefix this document is" }],
  });
  const page = { url: "./openapi.json", pageTitle: about.title, cdn: "./docs/scalar.js" };
  app.get("/docs", Scalar({ ...page, ...nothingRemote }));
  app.get("/docs/scalar.js", async () => {
    const headers = { "content-type": "text/javascript; charset=utf-8", "cache-control": "public, max-age=86400" };
    return new Response(await openAsBlob(scriptPath), { headers });
  });
}
