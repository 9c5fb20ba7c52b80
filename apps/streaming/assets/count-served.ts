/**
 * Counts what is served. The short way adds to cells that are found by number, and never looks at a label: it costs it some
 * nanoseconds.
 */
import type { HistogramCell, Metrics } from "@video-backend/service";
import { masterFile, playlistFile } from "@video-backend/storage/layout";
import type { Answer } from "./answer-asset.ts";
import { type Asset, sources } from "./asset.ts";

export interface ServedCounts {
  /** A file that was answered without the routes, which count by themselves. */
  countDelivered(method: string, path: string, status: Answer["status"], seconds: number): void;
  /** A segment, or an init segment, that is sent in whole or in part. */
  countSegment(asset: Asset, method: string, status: number): void;
}

/** The routes that would have answered, as the contract spells them. */
const routes = {
  master: `/stream/{id}/${masterFile}`,
  playlist: `/stream/{id}/{quality}/${playlistFile}`,
  segment: "/stream/{id}/{quality}/{segment}",
  asset: "/stream/{id}/{asset_path}",
};
const routeNames = Object.keys(routes) as (keyof typeof routes)[];
const methods = ["GET", "HEAD"];
const statuses: Answer["status"][] = [200, 206, 304];
const playlistEnd = `/${playlistFile}`;

export function createServedCounts(metrics: Metrics): ServedCounts {
  const cells: HistogramCell[] = [];
  const served = { memory: 0, disk: 0, demanded: 0 };
  metrics.read(
    {
      name: "video_segments_served_total",
      help: "Segments and init segments that were sent, by where they came from",
      type: "counter",
    },
    () => sources.map((source) => ({ labels: { source }, value: served[source] })),
  );

  /** A cell that nobody has used yet is none in the text. */
  function createCell(index: number): HistogramCell {
    const cell = metrics.requests.of({
      http_route: routes[routeNames[Math.floor(index / 6)] ?? "asset"],
      http_request_method: methods[Math.floor(index / 3) % 2] ?? "",
      http_response_status_code: String(statuses[index % 3]),
    });
    cells[index] = cell;
    return cell;
  }

  return {
    countDelivered(method, path, status, seconds) {
      const ofMethod = method === "GET" ? 0 : 3;
      const ofStatus = status === 200 ? 0 : status === 206 ? 1 : 2;
      const index = 6 * routeOf(path) + ofMethod + ofStatus;
      (cells[index] ?? createCell(index)).observe(seconds);
    },
    countSegment(asset, method, status) {
      if (method !== "GET" || status > 206 || !asset.isSegment) return;
      served[asset.source]++;
    },
  };
}

/** The index in `routeNames`. */
function routeOf(path: string): number {
  const slash = path.indexOf("/");
  if (slash === -1) return path === masterFile ? 0 : 3;
  if (path.includes("/", slash + 1)) return 3;
  return path.endsWith(playlistEnd) ? 1 : 2;
}
