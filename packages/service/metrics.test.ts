import { describe, expect, test } from "bun:test";
import { createRoute, z } from "@hono/zod-openapi";
import { createService } from "./create-service.ts";
import { ServiceError } from "./errors.ts";
import type { HealthChecks } from "./health.ts";
import { createLog } from "./log.ts";
import { countsOf, createMetrics, createProcessMetrics, type Metrics, methodLabel, sumOf } from "./metrics.ts";
import { createRouter } from "./router.ts";
import { anybody } from "./scopes.ts";

/** The lines of a text without those that explain them. */
const samplesOf = (text: string): string[] => text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));

function setup({ metrics, checks = {} }: { metrics?: Metrics; checks?: HealthChecks } = {}) {
  const routes = createRouter();
  const path = { path: "/things/{id}/{asset_path}", responses: { 200: { description: "OK" } }, ...anybody };
  const params = z.object({ id: z.string().regex(/^[a-z]+$/), asset_path: z.string() });
  const route = createRoute({ method: "get", operationId: "getThing", request: { params }, ...path });
  routes.openapi({ ...route, path: "/things/{id}/:asset_path{.+}", hide: true }, (c) => {
    if (c.req.valid("param").id === "lost") throw new ServiceError("not_found", "Lost");
    return c.text("");
  });
  const about = { name: "test_service", title: "T", description: "T", log: createLog("test", "silent"), checks };
  const service = createService({ ...about, metrics }, routes);
  const ask = (path: string, method = "GET") => service.fetch(new Request(`http://service.test${path}`, { method }));
  const samples = async (name: string) =>
    samplesOf(await (await ask("/metrics")).text()).filter((line) => line.startsWith(name));
  return { ask, samples };
}

test("requests are counted by method, template and status, whatever their ids, and by nothing that a client makes up", async () => {
  const { ask, samples } = setup();
  for (const path of ["/things/one/a/b", "/things/two/c", "/things/lost/c", "/things/UPPER/c", "/nothing/at/all"]) {
    await ask(path);
  }
  await ask("/things/one/a", "HEAD");
  expect(methodLabel("BREW")).toBe("_OTHER");
  const of = (method: string, route: string, status: number) =>
    `http_server_request_duration_seconds_count{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"}`;
  const thing = "/things/{id}/{asset_path}";
  expect((await samples("http_server_request_duration_seconds_count")).sort()).toEqual(
    [
      `${of("GET", thing, 200)} 2`,
      `${of("GET", thing, 404)} 1`,
      `${of("GET", thing, 400)} 1`,
      `${of("GET", "", 404)} 1`,
      `${of("HEAD", thing, 200)} 1`,
    ].sort(),
  );
});

test("a histogram counts each value in its bucket and all above, with their sum", async () => {
  const metrics = createMetrics();
  const cell = metrics.histogram({ name: "t_seconds", help: "T", labelNames: ["a"], buckets: [1, 2] }).of({ a: "x" });
  for (const value of [0.5, 1, 1.5, 7]) cell.observe(value);
  expect(samplesOf(await metrics.text())).toEqual([
    't_seconds_bucket{a="x",le="1"} 2',
    't_seconds_bucket{a="x",le="2"} 3',
    't_seconds_bucket{a="x",le="+Inf"} 4',
    't_seconds_sum{a="x"} 10',
    't_seconds_count{a="x"} 4',
  ]);
});

test("what cannot be read at a scrape is left out, and the rest is told", async () => {
  const metrics = createMetrics();
  metrics.read({ name: "t_broken", help: "T", type: "gauge" }, () => Promise.reject(new Error("away")));
  metrics.read({ name: "t_whole", help: "T", type: "gauge" }, () => [{ value: 3, labels: { of: "y" } }]);
  expect(samplesOf(await metrics.text())).toEqual(['t_whole{of="y"} 3']);
});

test("several processes are told as their sum, their start as the first one's; an ended one keeps what it counted", async () => {
  function process(count: number, startedAt: number) {
    const metrics = createMetrics();
    metrics.counter({ name: "t_total", help: "T", labelNames: ["a"] }).inc({ a: "x" }, count);
    metrics
      .histogram({ name: "t_seconds", help: "T", labelNames: [], buckets: [1] })
      .of({})
      .observe(count);
    metrics.read({ name: "t_started", help: "T", type: "gauge", aggregator: "min" }, () => [{ value: startedAt }]);
    return metrics.snapshot();
  }
  const [one, two, ended] = await Promise.all([process(1, 20), process(2, 10), process(4, 5)]);
  const own = createMetrics(() => async () => [one, two, countsOf(await sumOf([ended]))]);
  own.counter({ name: "t_total", help: "T", labelNames: ["a"] }, [{ a: "x" }]);
  expect(samplesOf(await own.text())).toEqual([
    't_total{a="x"} 7',
    't_seconds_bucket{le="1"} 1',
    't_seconds_bucket{le="+Inf"} 3',
    "t_seconds_sum 7",
    "t_seconds_count 3",
    "t_started 10",
  ]);
});

test("a process tells of its processor time, memory and event loop", async () => {
  const { samples } = setup({ metrics: createProcessMetrics() });
  for (const name of ["process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_start_time_seconds "]) {
    const [line = ""] = await samples(name);
    expect(Number(line.slice(name.length))).toBeGreaterThan(0);
  }
  expect(await samples("video_event_loop_delay_seconds_count")).toHaveLength(1);
});

describe("health", () => {
  const broken = () => {
    throw new Error("It is gone");
  };
  const answers = async (checks: HealthChecks) => {
    const { ask } = setup({ checks });
    const paths = ["/health", "/health/ready", "/health/live"];
    return (await Promise.all(paths.map((path) => ask(path)))).map(({ status }) => status);
  };

  test("is all there is where all is well", async () => {
    expect(await answers({ storage: () => undefined, encoders: () => undefined })).toEqual([200, 200, 200]);
  });

  test("without its storage or its database a service is not ready, and lives", async () => {
    expect(await answers({ storage: broken })).toEqual([503, 503, 200]);
    expect(await answers({ database: broken })).toEqual([503, 503, 200]);
    const response = await setup({ checks: { storage: broken } }).ask("/health/ready");
    const failed = { storage: "It is gone" };
    expect(await response.json()).toEqual({ status: "unready", service: "test_service", failed });
  });

  test("without what it needs for its work in the background a service is unhealthy, and ready for requests", async () => {
    expect(await answers({ storage: () => undefined, encoders: broken })).toEqual([503, 200, 200]);
  });
});
