/**
 * What a service counts and measures, for `GET /metrics` in Prometheus' text format. The registry, its counters and its text
 * are prom-client's. Histograms and what is read at a scrape are ours: prom-client's take 2 µs to find the cell of some labels,
 * and streaming answers a whole playlist in 20.
 *
 * A label has few values that are known in advance: never an id, a path, a name or an address.
 */
import { readdir } from "node:fs/promises";
import { AggregatorRegistry, Counter, type Metric, Registry } from "prom-client";

/** A value and what it is of. */
export interface Sample {
  labels?: Record<string, string>;
  value: number;
}

export interface About {
  /** With its unit at the end, such as `_seconds`, `_bytes`; a counter's with `_total`. */
  name: string;
  /** A sentence without a full stop. */
  help: string;
}

export interface Histogram<Label extends string> {
  /** What is observed with these labels. Who observes often keeps it: then it costs a few nanoseconds. */
  of(labels: Record<Label, string>): HistogramCell;
}

export interface HistogramCell {
  observe(value: number): void;
}

/** All values of one process at one moment, as data. */
export type Snapshot = MetricSnapshot[];

export interface MetricSnapshot {
  name: string;
  help: string;
  type: "counter" | "gauge" | "histogram";
  aggregator: "sum" | "min";
  values: { metricName?: string; labels: Record<string, string | number>; value: number }[];
}

export type RequestLabels = "http_request_method" | "http_route" | "http_response_status_code";

export interface Metrics {
  /** The requests that the service answers. `http_route` is the template; empty where no route was reached. */
  requests: Histogram<RequestLabels>;
  /** Counts what happens: `counter.inc({ outcome: "ok" })`. Cells with these labels are there from the start, as 0. */
  counter<Label extends string>(
    about: About & { labelNames?: readonly Label[] },
    cells?: Record<Label, string>[],
  ): Counter<Label>;
  histogram<Label extends string>(
    about: About & { labelNames: readonly Label[]; buckets?: readonly number[] },
  ): Histogram<Label>;
  /**
   * What is known elsewhere, read at each scrape. What cannot be read is left out.
   *
   * @param aggregator how values of several processes of one service become one
   */
  read(
    about: About & { type: "counter" | "gauge"; aggregator?: MetricSnapshot["aggregator"] },
    values: () => Sample[] | Promise<Sample[]>,
  ): void;
  /** Of this process alone. */
  snapshot(): Promise<Snapshot>;
  /** Of all processes of this service. */
  text(): Promise<string>;
}

/** Of seconds: those that OpenTelemetry recommends for `http.server.request.duration`. */
const requestBuckets = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Of seconds: for what may take from a moment to hours. */
export const longBuckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

/** Given a reader of this process, answers a reader of the others that share its port; see `share-port.ts`. */
export type JoinOthers = (read: () => Promise<Snapshot>) => (own: Snapshot) => Promise<Snapshot[]>;

const alone: JoinOthers = () => async () => [];

/** @param join where this is one of several processes of a service */
export function createMetrics(join: JoinOthers = alone): Metrics {
  const registry = new Registry();

  /** The registry asks of a metric no more than this. */
  function register(metric: { name: string; get: () => Promise<MetricSnapshot> }): void {
    registry.registerMetric(metric as unknown as Metric);
  }

  const snapshot = async () => (await registry.getMetricsAsJSON()) as unknown as Snapshot;
  const readOthers = join(snapshot);

  const addHistogram: Metrics["histogram"] = ({ name, help, labelNames, buckets = requestBuckets }) => {
    const histogram = createHistogram(labelNames, buckets);
    register({
      name,
      get: async () => ({ name, help, type: "histogram", aggregator: "sum", values: histogram.values(name) }),
    });
    return histogram;
  };

  return {
    requests: addHistogram({
      name: "http_server_request_duration_seconds",
      help: "Time until a response began, by method, route and status",
      labelNames: ["http_request_method", "http_route", "http_response_status_code"],
    }),
    counter({ name, help, labelNames = [] }, cells = []) {
      const counter = new Counter({ name, help, labelNames, registers: [registry] });
      for (const labels of cells) counter.inc(labels, 0);
      return counter;
    },
    histogram: addHistogram,
    read({ name, help, type, aggregator = "sum" }, values) {
      async function get(): Promise<MetricSnapshot> {
        const samples = await Promise.resolve()
          .then(values)
          .catch(() => []);
        return { name, help, type, aggregator, values: samples.map(({ labels = {}, value }) => ({ labels, value })) };
      }
      register({ name, get });
    },
    snapshot,
    async text() {
      const own = await snapshot();
      return AggregatorRegistry.aggregate([own, ...(await readOthers(own))]).metrics();
    },
  };
}

/** What is counted in a snapshot, without what only holds at its moment: for a process that has ended. */
export const countsOf = (snapshot: Snapshot): Snapshot => snapshot.filter(({ type }) => type !== "gauge");

/** The sum of several snapshots. */
export async function sumOf(snapshots: Snapshot[]): Promise<Snapshot> {
  return (await AggregatorRegistry.aggregate(snapshots).getMetricsAsJSON()) as unknown as Snapshot;
}

function createHistogram<Label extends string>(labelNames: readonly Label[], bounds: readonly number[]) {
  interface Cell extends HistogramCell {
    labels: Record<Label, string>;
    /** By bucket, each without those below it; the last one is of what exceeds all bounds. */
    counts: Float64Array;
    sum: () => number;
  }
  const cells = new Map<string, Cell>();

  function createCell(labels: Record<Label, string>): Cell {
    // In one order, whoever asks: as text the same labels are then the same.
    const ordered = Object.fromEntries(labelNames.map((name) => [name, labels[name]])) as Record<Label, string>;
    const counts = new Float64Array(bounds.length + 1);
    let sum = 0;
    return {
      labels: ordered,
      counts,
      sum: () => sum,
      observe(value) {
        let bucket = 0;
        while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
        (counts[bucket] as number)++;
        sum += value;
      },
    };
  }

  return {
    of(labels: Record<Label, string>): HistogramCell {
      const key = labelNames.map((name) => labels[name]).join("\0");
      const cell = cells.get(key) ?? createCell(labels);
      cells.set(key, cell);
      return cell;
    },
    values(name: string): MetricSnapshot["values"] {
      return [...cells.values()].flatMap(({ labels, counts, sum }) => {
        let count = 0;
        const buckets = [...counts].map((inBucket, index) => {
          count += inBucket;
          return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[index] ?? "+Inf" }, value: count };
        });
        return [
          ...buckets,
          { metricName: `${name}_sum`, labels, value: sum() },
          { metricName: `${name}_count`, labels, value: count },
        ];
      });
    },
  };
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];

/** As OpenTelemetry has it: what is no method of HTTP has one name. */
export const methodLabel = (method: string): string => (methods.includes(method) ? method : "_OTHER");

/**
 * Hono's path of a route as the contract spells it; empty for middleware around all routes.
 *
 * @example routeLabel("/stream/:id/:asset_path{.+}") // "/stream/{id}/{asset_path}"
 */
export const routeLabel = (path: string): string =>
  path === "*" || path === "/*" ? "" : path.replaceAll(/:(\w+)(?:\{[^/]*\})?/g, "{$1}");

/** The file system that a service writes to. */
export function readDisk(
  metrics: Metrics,
  disk: { freeBytes(): Promise<number>; totalBytes(): Promise<number> },
): void {
  metrics.read({ name: "video_storage_free_bytes", help: "Free bytes of the storage", type: "gauge" }, async () => [
    { value: await disk.freeBytes() },
  ]);
  metrics.read({ name: "video_storage_used_bytes", help: "Used bytes of the storage", type: "gauge" }, async () => [
    { value: (await disk.totalBytes()) - (await disk.freeBytes()) },
  ]);
}

/** How far a turn of the event loop comes late is looked at every so many milliseconds. */
const loopMilliseconds = 100;

/** The metrics of a process that runs a service: with its processor time, memory, files and event loop. */
export function createProcessMetrics(join?: JoinOthers): Metrics {
  const metrics = createMetrics(join);
  const read = (about: About, type: "counter" | "gauge", value: () => number | Promise<number>) =>
    metrics.read({ ...about, type }, async () => [{ value: await value() }]);
  read({ name: "process_cpu_seconds_total", help: "Processor time in user and system mode" }, "counter", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  read({ name: "process_resident_memory_bytes", help: "Resident memory" }, "gauge", () => process.memoryUsage.rss());
  // Where there is no /proc it is left out.
  read({ name: "process_open_fds", help: "Open file descriptors" }, "gauge", async () => {
    return (await readdir("/proc/self/fd")).length;
  });
  const startedAt = Date.now() / 1000 - process.uptime();
  metrics.read(
    { name: "process_start_time_seconds", help: "When it started, epoch seconds", type: "gauge", aggregator: "min" },
    () => [{ value: startedAt }],
  );
  measureEventLoop(metrics);
  return metrics;
}

function measureEventLoop(metrics: Metrics): void {
  const delay = metrics
    .histogram({
      name: "video_event_loop_delay_seconds",
      help: `How late a timer came that is set every ${loopMilliseconds} ms`,
      labelNames: [],
      buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    })
    .of({});
  function next(): void {
    const dueAt = performance.now() + loopMilliseconds;
    setTimeout(() => {
      delay.observe(Math.max(0, performance.now() - dueAt) / 1000);
      next();
    }, loopMilliseconds).unref();
  }
  next();
}
