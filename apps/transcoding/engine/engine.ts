/**
 * The engine: which videos are being worked on in this process, and the verbs that begin and end that. At most one run a
 * video; the verbs on one video happen one after another, so that a start cannot slip between the end of an encoder and
 * the removal of its folder.
 */
import { setTimeout } from "node:timers/promises";
import { isDatabaseBusy } from "@video-backend/database";
import type { Run } from "@video-backend/media";
import type { MetadataClient } from "@video-backend/metadata/client";
import type { ChunkQueue, Limiter } from "@video-backend/queue";
import { isServiceError, type Log, messageOf } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { Attempts } from "../attempts/attempts.ts";
import { activeStates, type JobState } from "../jobs/job-states.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { CaptionSource } from "../subtitles/caption-source.ts";
import type { Subtitles } from "../subtitles/subtitles.ts";
import type { ChunkOfVideo } from "./chunk-of-video.ts";
import { type Disk, diskRetrySeconds } from "./disk.ts";
import type { EncoderPool } from "./encoder-pool.ts";
import { faultClassOf, isDiskFull } from "./faults.ts";
import type { Progress } from "./progress.ts";
import type { WrittenAs } from "./publish-playlists.ts";
import { type RunningJob, runJob } from "./run-job.ts";
import type { Turns } from "./turns.ts";
import type { Workspace } from "./workspace.ts";

export interface EngineDeps {
  jobs: Jobs;
  ledger: Ledger;
  progress: Progress;
  store: BlobStore;
  workspace: Workspace;
  queue: ChunkQueue<ChunkOfVideo>;
  /** Chunks that somebody waits for; they do not wait behind the others. */
  demands: ChunkQueue<ChunkOfVideo>;
  encoders: EncoderPool;
  attempts: Attempts;
  disk: Disk;
  /** Keys of the segments that are being put in place at this moment. */
  claims: Set<string>;
  /** Bounds how many sources are examined at the same time. */
  preparations: Limiter;
  /** Makes posters and sheets of storyboards one at a time, beside the chunks. */
  pictures: Limiter;
  subtitles: Subtitles;
  captions: CaptionSource;
  metadata: MetadataClient;
  /** Bounds how many sources are read for their subtitles at the same time. */
  extractions: Limiter;
  /** By video: one comparison with metadata's captions, or its title, at a time. */
  matching: Turns;
  /** By video: one writing of playlists and subtitles at a time, or their removal. */
  writing: Turns;
  /** How each video's playlists were written last, by this process. */
  written: Map<string, WrittenAs>;
  run: Run;
  settings: EngineSettings;
  log: Log;
  /** Epoch seconds. */
  now: () => number;
}

export interface EngineSettings {
  segmentSeconds: number;
  x264Preset: string;
  /** Of an ffmpeg in the background. */
  threads: number;
  /** Of one that somebody waits for. */
  allThreads: number;
}

export interface Engine {
  /** Begins to work on a queued job, or does nothing when that is under way. */
  begin(videoId: string): void;
  /** Ends the work on a video; resolves when its encoders are dead, with what `then` answers before anything else may begin. */
  end<Value>(videoId: string, then: () => Value | Promise<Value>): Promise<Value>;
  /** Resolves when no `end` of this video is under way. */
  ended(videoId: string): Promise<void>;
  isAtWork(videoId: string): boolean;
  /** The job whose chunks are being made, once it has a plan; null where there is none. */
  running(videoId: string): RunningJob | null;
  /** Resolves when nothing is being worked on any more. */
  idle(): Promise<void>;
  /** Ends all work without changing any state: the next start of the service goes on. */
  close(): Promise<void>;
}

/** The reason of an abort that leaves the job's state to whoever asked for it. */
class Ended extends Error {
  override name = "Ended";
}

export function createEngine(deps: EngineDeps): Engine {
  const runs = new Map<string, { abort: AbortController; done: Promise<void>; running: RunningJob | null }>();
  const ending = new Map<string, Promise<unknown>>();
  let closed = false;

  function begin(videoId: string): void {
    if (closed || runs.has(videoId) || ending.has(videoId)) return;
    const abort = new AbortController();
    runs.set(videoId, { abort, done: work(videoId, abort.signal), running: null });
  }

  /** Never rejects. */
  async function work(videoId: string, signal: AbortSignal): Promise<void> {
    const isConcluded = await workUntilConcluded(videoId, signal);
    runs.delete(videoId);
    // Queued again between its last state and this: the begin that came with it did nothing.
    if (isConcluded) beginIfQueued(videoId);
  }

  function beginIfQueued(videoId: string): void {
    if (!closed && deps.jobs.find(videoId)?.state === "queued") begin(videoId);
  }

  /**
   * What finds no room on the disk, or a database that another program holds, is tried again: that ends no job. Answers false
   * where the job's state is left to whoever ended it, or could not be written.
   */
  async function workUntilConcluded(videoId: string, signal: AbortSignal): Promise<boolean> {
    let failure: unknown;
    while (!signal.aborted) {
      try {
        if (failure === undefined) {
          await runOnce(videoId, signal);
        } else {
          await removeCopies(videoId);
          conclude(videoId, "error", failure);
        }
        return true;
      } catch (error) {
        if (signal.aborted || isServiceError(error, "not_found")) return false;
        if (isDiskFull(error) || isDatabaseBusy(error)) {
          const sentence = isDiskFull(error)
            ? "Waiting for room on the disk: a write found none"
            : "Waiting for the database: another program holds it";
          deps.progress.waiting(videoId, sentence);
          await setTimeout(diskRetrySeconds * 1000, undefined, { signal }).catch(() => undefined);
        } else if (failure === undefined) {
          if (faultClassOf(error) === null) deps.log.error({ videoId, err: error }, "a job ended unexpectedly");
          failure = error;
        } else {
          deps.log.error({ videoId, err: error }, "the end of a job could not be written");
          return false;
        }
      }
    }
    return false;
  }

  /** Copies of the source that a failed job leaves; the janitor finds what cannot be removed at this moment. */
  async function removeCopies(videoId: string): Promise<void> {
    await deps.workspace.remove(videoId).catch((error: unknown) => {
      deps.log.warn({ videoId, reason: messageOf(error) }, "the workspace of a failed job could not be removed");
    });
  }

  async function runOnce(videoId: string, signal: AbortSignal): Promise<void> {
    const job = deps.jobs.get(videoId);
    if (!activeStates.some((state) => state === job.state)) return;
    const queued = job.state === "running" ? deps.jobs.move(videoId, "queued") : job;
    const tell = (running: RunningJob | null) => {
      const run = runs.get(videoId);
      if (run) run.running = running;
    };
    try {
      await runJob(deps, queued, signal, tell);
    } finally {
      tell(null);
    }
    conclude(videoId, "ok");
  }

  function conclude(videoId: string, state: JobState, error?: unknown): void {
    const reason = error === undefined ? null : messageOf(error);
    deps.jobs.move(videoId, state, { finishedAt: deps.now(), error: reason, fault: faultClassOf(error) });
    deps.log.info({ videoId, state, ...(reason ? { reason } : {}) }, "job ended");
    deps.progress.waiting(videoId, null);
    deps.progress.jobMoved(videoId);
  }

  async function end<Value>(videoId: string, then: () => Value | Promise<Value>): Promise<Value> {
    const before = ending.get(videoId);
    const mine = (async () => {
      await before?.catch(() => undefined);
      const running = runs.get(videoId);
      running?.abort.abort(new Ended("The work on this video was ended"));
      await running?.done;
      return await then();
    })();
    ending.set(videoId, mine);
    let isUndone = false;
    try {
      return await mine;
    } catch (error) {
      isUndone = isDatabaseBusy(error);
      throw error;
    } finally {
      if (ending.get(videoId) === mine) ending.delete(videoId);
      // What was asked for could not be written: whoever asked is told, and the job is still to be done.
      if (isUndone) begin(videoId);
      // A begin that came meanwhile did nothing.
      else beginIfQueued(videoId);
    }
  }

  return {
    begin,
    end,
    async ended(videoId) {
      while (ending.has(videoId)) await ending.get(videoId)?.catch(() => undefined);
    },
    isAtWork: (videoId) => runs.has(videoId),
    running: (videoId) => runs.get(videoId)?.running ?? null,
    async idle() {
      while (runs.size > 0) await Promise.all([...runs.values()].map((running) => running.done));
    },
    async close() {
      closed = true;
      for (const { abort } of runs.values()) abort.abort(new Ended("The service is stopping"));
      await Promise.all([...runs.values()].map((running) => running.done));
    },
  };
}
