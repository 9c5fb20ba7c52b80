/** Puts the parts together, for `main.ts` and for tests alike; what differs between the two is handed in. */
import { join } from "node:path";
import type { Run } from "@video-backend/media";
import type { MetadataClient } from "@video-backend/metadata/client";
import { createInProcessQueue, createLimiter } from "@video-backend/queue";
import type { Log } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import { folders } from "@video-backend/storage/layout";
import { createAttempts } from "./attempts/attempts.ts";
import type { TranscodingDatabase } from "./database/open.ts";
import type { ChunkOfVideo } from "./engine/chunk-of-video.ts";
import type { Disk } from "./engine/disk.ts";
import type { EncoderPool } from "./engine/encoder-pool.ts";
import { createEngine, type EngineDeps, type EngineSettings } from "./engine/engine.ts";
import { makeChunk } from "./engine/make-chunk.ts";
import { watchPrograms } from "./engine/programs.ts";
import { createProgress } from "./engine/progress.ts";
import { createTurns } from "./engine/turns.ts";
import { createWorkspace } from "./engine/workspace.ts";
import { activeStates } from "./jobs/job-states.ts";
import { createJobs } from "./jobs/jobs.ts";
import { createLedger } from "./ledger/ledger.ts";
import { createVideoReconciler } from "./reconcile/reconciler.ts";
import type { TranscodingDeps } from "./service.ts";
import { createCaptionSource } from "./subtitles/caption-source.ts";
import { createSubtitles } from "./subtitles/subtitles.ts";

export interface Parts {
  database: TranscodingDatabase;
  store: BlobStore;
  storageDirectory: string;
  metadata: MetadataClient;
  run: Run;
  encoders: EncoderPool;
  disk: Disk;
  settings: EngineSettings & { processes: number };
  log: Log;
  /** Epoch seconds. */
  now: () => number;
}

/** More at once would each be late. */
const demandedAtOnce = 2;

export function assembleTranscoding(parts: Parts): TranscodingDeps {
  const { database, now, settings } = parts;
  const { processes } = settings;
  const programs = watchPrograms(parts.run);
  const worker = (work: ChunkOfVideo, signal: AbortSignal) => makeChunk(engineDeps, work, signal);
  const engineDeps: EngineDeps = {
    ...parts,
    run: programs.run,
    jobs: createJobs(database, now),
    ledger: createLedger(database, now),
    progress: createProgress(),
    workspace: createWorkspace(join(parts.storageDirectory, folders.workspaces)),
    attempts: createAttempts(database),
    claims: new Set(),
    queue: createInProcessQueue<ChunkOfVideo>({ concurrency: processes, worker }),
    demands: createInProcessQueue<ChunkOfVideo>({ concurrency: demandedAtOnce, worker }),
    preparations: createLimiter(processes),
    pictures: createLimiter(1),
    subtitles: createSubtitles(database),
    captions: createCaptionSource(parts.metadata),
    extractions: createLimiter(processes),
    matching: createTurns(),
    writing: createTurns(),
    written: new Map(),
  };
  const reconciler = createVideoReconciler(() => deps, parts.log);
  const deps: TranscodingDeps = { ...engineDeps, engine: createEngine(engineDeps), reconciler, database, programs };
  return deps;
}

/** Looks whether the programs are there, and goes on with everything that a former process of this service left unfinished. */
export async function recover(deps: TranscodingDeps): Promise<void> {
  await deps.programs.prove();
  const active = deps.jobs.inStates(activeStates).map(({ videoId }) => videoId);
  await deps.workspace.sweep(active);
  for (const videoId of active) deps.engine.begin(videoId);
  await requestRepairs(deps);
}

/** Has the files of all videos that nothing is being made of compared with the ledger. */
export async function requestRepairs({ jobs, reconciler, store, log }: TranscodingDeps): Promise<void> {
  const ended = jobs.inStates(["ok", "error", "stopped"]);
  // So many videos are not lost file by file: a disk that is not mounted must not cost the ledger, too.
  if (ended.length > 1 && (await store.list(folders.streams)).length === 0) {
    log.error(
      { videos: ended.length },
      "hls/ is empty though videos are finished; is a disk missing? Nothing is repaired",
    );
    return;
  }
  for (const { videoId } of ended) reconciler.request(`files:${videoId}`);
}

/** Ends all work without changing any state; afterwards the database may be closed. */
export async function closeTranscoding({ reconciler, engine }: TranscodingDeps): Promise<void> {
  await Promise.all([reconciler.close(), engine.close()]);
}
