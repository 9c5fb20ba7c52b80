/** The transcoding service: plans, ledger, chunks, and what they make below hls/. It asks metadata. */
import { type CrossOriginRules, createService, type ServiceApp } from "@video-backend/service";
import type { TranscodingDatabase } from "./database/open.ts";
import type { Engine, EngineDeps } from "./engine/engine.ts";
import type { VideoReconciler } from "./reconcile/reconciler.ts";
import { createRoutes } from "./routes.ts";

export interface TranscodingDeps extends EngineDeps {
  engine: Engine;
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
        ffmpeg: () => checkProgram(deps, "ffmpeg"),
        ffprobe: () => checkProgram(deps, "ffprobe"),
      },
    },
    createRoutes(deps),
  );
}

async function checkProgram(deps: TranscodingDeps, program: string): Promise<void> {
  const result = await deps.run(program, ["-version"], { timeoutSeconds: 3 });
  if (result.exitCode !== 0) throw new Error(`${program} -version ended with ${result.exitCode ?? result.signalName}`);
}
