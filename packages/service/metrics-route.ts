/** `GET /metrics`: what the service counts and measures, in Prometheus' text format. */
import { createRoute } from "@hono/zod-openapi";
import type { Metrics } from "./metrics.ts";
import { text } from "./openapi.ts";
import type { ServiceApp } from "./router.ts";
import { scope } from "./scopes.ts";

const example = `# HELP http_server_request_duration_seconds Time until a response began, by method, route and status
# TYPE http_server_request_duration_seconds histogram
http_server_request_duration_seconds_count{http_request_method="GET",http_route="/videos",http_response_status_code="200"} 7
`;

const metricsRoute = createRoute({
  method: "get",
  path: "/metrics",
  operationId: "getMetrics",
  ...scope("metrics"),
  tags: ["Service"],
  summary: "Get metrics",
  description:
    "Counters, gauges and histograms in Prometheus' text format. Of a service that runs as several processes, their sum.",
  responses: { 200: text("text/plain", "The metrics", example) },
});

/** Adds the route to a service. */
export function addMetrics(app: ServiceApp, metrics: Metrics): void {
  app.openapi(metricsRoute, async (c) =>
    c.text(await metrics.text(), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
    }),
  );
}
