/** Puts the parts together, for `main.ts` and for tests alike; what differs between the two is handed in. */
import { join } from "node:path";
import type { Run } from "@video-backend/media";
import type { MetadataClient } from "@video-backend/metadata/client";
import { createInProcessQueue, createLimiter } from "@video-backend/queue";
import type { Log } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { TranscodingDatabase } from "./database/open.ts";
import { createEngine, type EngineDeps, type EngineSettings } from "./engine/engine.ts";
import { type ChunkOfVideo, makeChunk } from "./engine/make-chunk.ts";
import { createProgress } from "./engine/progress.ts";
import { createWorkspace } from "./engine/workspace.ts";
import { createJobs } from "./jobs/jobs.ts";
import { createLedger } from "./ledger/ledger.ts";
import type { TranscodingDeps } from "./service.ts";

export interface Parts {
  database: TranscodingDatabase;
  store: BlobStore;
  storageDirectory: string;
  metadata: MetadataClient;
  run: Run;
  settings: EngineSettings & { processes: number };
  log: Log;
  /** Epoch seconds. */
  now: () => number;
}

export function assembleTranscoding(parts: Parts): TranscodingDeps {
  const { database, now, settings } = parts;
  const { processes } = settings;
  const engineDeps: EngineDeps = {
    ...parts,
    jobs: createJobs(database, now),
    ledger: createLedger(database, now),
    progress: createProgress(),
    workspace: createWorkspace(join(parts.storageDirectory, "transcoding")),
    queue: createInProcessQueue<ChunkOfVideo>({
      concurrency: processes,
      worker: (work, signal) => makeChunk(engineDeps, work, signal),
    }),
    preparations: createLimiter(processes),
  };
  return { ...engineDeps, engine: createEngine(engineDeps), metadata: parts.metadata, database };
}

/** Goes on with everything that a former process of this service left unfinished. */
export async function recover(deps: TranscodingDeps): Promise<void> {
  await deps.workspace.sweep();
  for (const { videoId } of deps.jobs.inStates(["queued", "running"])) deps.engine.begin(videoId);
}
