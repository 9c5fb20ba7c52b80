/** The transcoding service: plans, ledger, chunks, and what they make below hls/. It asks metadata. */
import { createService, type ServiceApp } from "@video-backend/service";
import type { TranscodingDeps } from "./deps.ts";
import { createRoutes } from "./routes.ts";

/** A portable `fetch` over these dependencies. */
export function createTranscodingService(deps: TranscodingDeps): ServiceApp {
  return createService(
    {
      name: "transcoding_service",
      title: "Transcoding service",
      description: "Makes HLS and DASH of uploaded videos: segment by segment, verified, never twice.",
      log: deps.log,
      metrics: deps.meters.metrics,
      callees: deps.callees,
      crossOrigin: deps.crossOrigin,
      keys: deps.keys,
      limits: deps.rateLimits,
      database: deps.database,
      checks: {
        storage: () => deps.store.check(),
        ffmpeg: () => deps.programs.check("ffmpeg"),
        ffprobe: () => deps.programs.check("ffprobe"),
        encoders: () => deps.encoders.check(),
      },
    },
    createRoutes(deps),
  );
}
