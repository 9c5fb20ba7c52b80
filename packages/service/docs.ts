/** `/openapi.json`, made from the routes themselves, and `/docs`, the Scalar reference that reads it. */
import { Scalar } from "@scalar/hono-api-reference";
import type { ServiceApp } from "./create-service.ts";

/** Adds both pages; call it after the routes are in. */
export function addDocs(app: ServiceApp, about: { title: string; description: string }): void {
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: about.title, description: about.description, version: "1.0.0" },
    servers: [{ url: "/", description: "This service" }],
  });
  app.get("/docs", Scalar({ url: "/openapi.json", pageTitle: about.title, telemetry: false }));
}
