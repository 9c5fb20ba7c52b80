/** The streaming service: playlists, segments and originals, to any page that asks. It writes nothing. */
import {
  anybody,
  createCrossOriginRules,
  createMetrics,
  createService,
  type ServerBindings,
  type ServiceApp,
} from "@video-backend/service";
import { streamPathOf } from "./access/guard-videos.ts";
import { createServedCounts } from "./assets/count-served.ts";
import { createDelivery } from "./assets/deliver-asset.ts";
import { createFilesInMemory } from "./assets/files-in-memory.ts";
import { createAssets } from "./assets/find-asset.ts";
import type { AccessDeps, StreamingOptions } from "./deps.ts";
import { createRememberedNames } from "./originals/find-original.ts";
import { createRoutes } from "./routes.ts";

/** A service as those see it who only call it. */
export type StreamingService = Pick<ServiceApp, "fetch">;

const mebibyte = 1024 * 1024;

/** A portable `fetch` over these: files that are there by the short way, all else by the routes. */
export function createStreamingService(options: StreamingOptions): StreamingService {
  const { store, log, memoryBytes = 64 * mebibyte, logFiles = false, random = Math.random } = options;
  const crossOrigin = options.crossOrigin ?? createCrossOriginRules({ readers: "*" });
  const metrics = options.metrics ?? createMetrics();
  const counts = createServedCounts(metrics);
  const assets = createAssets(store, createFilesInMemory(memoryBytes, random), log);
  const app = createService(
    {
      name: "streaming_service",
      title: "Streaming service",
      description: "Playlists, segments and originals. Every GET here may be a HEAD, and every file takes a Range.",
      log,
      checks: { storage: () => store.check("reads") },
      metrics,
      callees: options.callees,
      crossOrigin,
      keys: options.keys,
      limits: options.rateLimits,
      // All that plays: no key is asked for.
      accessRules: ["/stream/*", "/play/*", "/watch/*"].map((path) => ({ path, ...anybody })),
      routedPath: streamPathOf,
    },
    createRoutes({ ...options, assets, counts, originalNames: createRememberedNames() }),
  );
  const deliver = createDelivery({ assets, isOpen: isPublic(options), crossOrigin, counts, log, logFiles });

  return {
    fetch(request: Request, bindings?: ServerBindings) {
      const delivered = deliverOrNull(request);
      if (delivered instanceof Promise) return delivered.then((response) => response ?? app.fetch(request, bindings));
      return delivered ?? app.fetch(request, bindings);
    },
  };

  /** What goes wrong on the short way goes wrong again on the other, where it is told and logged. */
  function deliverOrNull(request: Request): Response | null | Promise<Response | null> {
    try {
      const delivered = deliver(request);
      return delivered instanceof Promise ? delivered.catch(() => null) : delivered;
    } catch {
      return null;
    }
  }
}

/**
 * Whether anybody may read a video's files without a question, as far as that is known at this moment; where it has to be
 * looked up, the routes wait for it.
 */
function isPublic({ privateVideos }: AccessDeps): (videoId: string) => boolean {
  return (videoId) => {
    const isPrivate = privateVideos.isPrivate(videoId);
    if (!(isPrivate instanceof Promise)) return !isPrivate;
    // What went wrong is told by the routes, which ask the same.
    isPrivate.catch(() => undefined);
    return false;
  };
}
