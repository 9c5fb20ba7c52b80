/** The transcoding service: plans, ledger, chunks, and what they make below hls/. It asks metadata. */
import { type CrossOriginRules, createService, type ServiceApp } from "@video-backend/service";
import type { TranscodingDatabase } from "./database/open.ts";
import type { Engine, EngineDeps } from "./engine/engine.ts";
import type { Programs } from "./engine/programs.ts";
import type { VideoReconciler } from "./reconcile/reconciler.ts";
import { createRoutes } from "./routes.ts";

export interface TranscodingDeps extends EngineDeps {
  engine: Engine;
  programs: Programs;
  reconciler: VideoReconciler;
  database: TranscodingDatabase;
}

/** A portable `fetch` over these dependencies. */
export function createTranscodingService(deps: TranscodingDeps, crossOrigin?: CrossOriginRules): ServiceApp {
  return createService(
    {
      name: "transcoding_service",
      title: "Transcoding service",
      description: "Makes HLS and DASH of uploaded videos: segment by segment, verified, never twice.",
      log: deps.log,
      crossOrigin,
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
