/** Puts the parts together, for `main.ts` and for tests alike; what differs between the two is handed in. */
import { join } from "node:path";
import { createInProcessQueue } from "@video-backend/queue";
import { createExclusion, createMetrics, createReconciler, type Metrics } from "@video-backend/service";
import { folders } from "@video-backend/storage/layout";
import { createChanges, followChanges } from "./changes.ts";
import type { TranscodingDeps } from "./deps.ts";
import { createWorkspace, diskRetrySeconds, watchPrograms } from "./encoding/machine.ts";
import { createSqliteJobs } from "./jobs/sqlite-jobs.ts";
import { createSqliteAttempts, createSqliteLedger } from "./ledger/sqlite-ledger.ts";
import { createMeters, readMachine } from "./meters.ts";
import { publishPlaylists } from "./playlists/publish.ts";
import { reconcileKey } from "./reconcile/reconcile-key.ts";
import { reconcileWork } from "./reconcile/reconcile-work.ts";
import { activeStates } from "./states.ts";
import { createCaptionSource } from "./subtitles/caption-source.ts";
import { createSqliteSubtitles } from "./subtitles/sqlite-subtitles.ts";
import { runTask } from "./tasks/run-task.ts";
import { farWorkers } from "./tasks/task.ts";

export interface Parts
  extends Pick<
    TranscodingDeps,
    | "database"
    | "store"
    | "metadata"
    | "run"
    | "encoders"
    | "disk"
    | "settings"
    | "crossOrigin"
    | "keys"
    | "callees"
    | "rateLimits"
    | "log"
    | "now"
  > {
  storageDirectory: string;
  /** Of the process. */
  metrics?: Metrics;
}

/** More segments that somebody waits for, made at the same time, would each be late. */
const demandWorkers = 2;

/** A transcoding service without its HTTP surface. */
export interface Transcoding {
  deps: TranscodingDeps;
  /** Goes on with everything that a former process of this service left unfinished. */
  recover(): Promise<void>;
  /** Resolves when nothing is in the queue, and everything is as it should be. */
  idle(): Promise<void>;
  /** Ends all work without changing any state; afterwards the database may be closed. */
  close(): Promise<void>;
}

export function assembleTranscoding(parts: Parts): Transcoding {
  const { database, now, settings, log } = parts;
  const programs = watchPrograms(parts.run);
  const meters = createMeters(parts.metrics ?? createMetrics());
  const deps: TranscodingDeps = {
    ...parts,
    run: programs.run,
    programs,
    meters,
    jobs: createSqliteJobs(database, now),
    ledger: createSqliteLedger(database, now),
    attempts: createSqliteAttempts(database),
    subtitles: createSqliteSubtitles(database),
    captions: createCaptionSource(parts.metadata),
    workspace: createWorkspace(join(parts.storageDirectory, folders.workspaces)),
    published: new Map(),
    queue: createInProcessQueue(),
    changes: createChanges(),
    exclusion: createExclusion(),
    // What it waits for is local: it is tried again soon.
    work: createReconciler({
      log,
      maxRetrySeconds: 2,
      reconcile: (videoId, signal) => reconcileWork(deps, videoId, signal),
    }),
    playlists: createReconciler({
      log,
      async reconcile(videoId, signal) {
        using _ = await deps.exclusion.acquire(videoId, { signal });
        await publishPlaylists(deps, videoId);
      },
    }),
    reconciler: createReconciler({ log, reconcile: (key, signal) => reconcileKey(deps, key, signal) }),
  };
  const unfollow = followChanges(deps.changes, deps, diskRetrySeconds);
  deps.queue.listen((event) => {
    if (event.kind === "started") meters.taskWait.of({ lane: event.task.lane }).observe(event.waitedSeconds);
  });
  readMachine(meters, deps);
  deps.queue.process((task, signal) => runTask(deps, task, signal), {
    prepare: settings.processes,
    encode: settings.processes,
    now: demandWorkers,
    far: farWorkers,
    images: 1,
    subtitles: settings.processes,
  });
  const { queue, work, playlists, reconciler } = deps;
  return {
    deps,
    recover: () => recover(deps),
    async idle() {
      do await Promise.all([work.idle(), playlists.idle(), reconciler.idle()]);
      while (await untilNextSettled(deps));
    },
    async close() {
      await Promise.all([reconciler.close(), work.close(), playlists.close()]);
      await queue.close();
      unfollow();
    },
  };
}

/** Answers false at once when nothing is in the queue. */
async function untilNextSettled({ queue }: TranscodingDeps): Promise<boolean> {
  if ((await queue.list("")).length === 0) return false;
  const settled = Promise.withResolvers<void>();
  const unlisten = queue.listen(({ kind }) => kind === "settled" && settled.resolve());
  if ((await queue.list("")).length > 0) await settled.promise;
  unlisten();
  return true;
}

async function recover(deps: TranscodingDeps): Promise<void> {
  await deps.programs.prove();
  const active = (await deps.jobs.inStates(activeStates)).map(({ videoId }) => videoId);
  await deps.workspace.sweep(active);
  // What was running in a former process is prepared anew: its source is opened, and its files are compared.
  for (const { videoId } of await deps.jobs.inStates(["running"]))
    await deps.jobs.move(videoId, "queued", { error: null });
  for (const videoId of active) deps.work.request(videoId);
  for (const { videoId } of await deps.jobs.unreported()) deps.reconciler.request(`report:${videoId}`);
  await requestRepairs(deps);
}

/** Has the files of all videos that nothing is being made of compared with the ledger. */
export async function requestRepairs({ jobs, reconciler, store, log }: TranscodingDeps): Promise<void> {
  const ended = await jobs.inStates(["ok", "error", "stopped"]);
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
