/** What the verbs and tasks of this service are given. The lowest layer of the app: it imports no verb, task or route. */
import type { GrowingLists, RateControl, Run } from "@video-backend/media";
import type { MetadataClient } from "@video-backend/metadata/client";
import type { TaskQueue } from "@video-backend/queue";
import type { Callees, CrossOriginRules, Exclusion, Keys, Log, RateLimits, Reconciler } from "@video-backend/service";
import type { BlobStore } from "@video-backend/storage";
import type { Changes } from "./changes.ts";
import type { TranscodingDatabase } from "./database/open.ts";
import type { Disk, EncoderPool, Programs, Workspace } from "./encoding/machine.ts";
import type { Jobs } from "./jobs/jobs.ts";
import type { Attempts, Ledger } from "./ledger/ledger.ts";
import type { VideoSegments } from "./ledger/video-segments.ts";
import type { Meters } from "./meters.ts";
import type { CaptionSource } from "./subtitles/caption-source.ts";
import type { Subtitles } from "./subtitles/subtitles.ts";
import type { TranscodingTask } from "./tasks/task.ts";

/** What lasts: rows and files. */
export interface Stores {
  jobs: Jobs;
  ledger: Ledger;
  attempts: Attempts;
  subtitles: Subtitles;
  /** originals/ and hls/. */
  store: BlobStore;
}

/** What the machine that does a task needs. */
export interface Worker {
  run: Run;
  encoders: EncoderPool;
  workspace: Workspace;
  disk: Disk;
  settings: WorkerSettings;
}

export interface WorkerSettings {
  segmentSeconds: number;
  x264Preset: string;
  /** Of videos that have no plan yet. */
  rateControl: RateControl;
  /** How many ffmpeg encode in the background at the same time. */
  processes: number;
  /** Of an ffmpeg in the background. */
  threads: number;
  /** Of one that somebody waits for. */
  allThreads: number;
}

/** What is known of the lists of a video that is being made, by which the next writing costs what has changed. */
export interface PublishedLists {
  lists: GrowingLists;
  /** From whose rows they are, and how many of them. */
  segments: VideoSegments;
  entered: number;
  plan: string;
  /** Name of the encoder of the video segments that are not made yet. */
  encoder: string;
  /** What goes with the streams: when it has changed, master and manifest are written anew. */
  beside: string;
  isManifestDue: boolean;
  /** As `performance.now()`. */
  manifestNotBefore: number;
}

/** How one part of this service makes another one look. */
export interface Coordination {
  queue: TaskQueue<TranscodingTask>;
  changes: Changes;
  /** By video id: verbs, reconciles and the writing of playlists, one at a time. */
  exclusion: Exclusion;
  /** By video id: adds the tasks that are missing, or ends the job (`reconcile/reconcile-work.ts`). */
  work: Reconciler<string>;
  /** By video id: writes what has changed of the playlists (`playlists/publish.ts`). */
  playlists: Reconciler<string>;
  /** What is known of the lists of videos that are being made, by video. */
  published: Map<string, PublishedLists>;
  /** Compares with what metadata and the files on the disk say. */
  reconciler: Reconciler<ReconcileKey>;
}

/**
 * One video, its captions, its files, or what metadata is to be told of it; all videos; what lies in the storage and belongs
 * to no job.
 */
export type ReconcileKey =
  | `video:${string}`
  | `captions:${string}`
  | `files:${string}`
  | `report:${string}`
  | "all"
  | "leftovers";

/** A verb takes the few it uses: `Pick<TranscodingDeps, "jobs" | "work">`. */
export interface TranscodingDeps extends Stores, Worker, Coordination {
  metadata: MetadataClient;
  captions: CaptionSource;
  meters: Meters;
  /** The others that it calls; told at `/health/ready`. */
  callees?: Pick<Callees, "states">;
  programs: Programs;
  database: TranscodingDatabase;
  /** Without it as `ServiceOptions` says. */
  crossOrigin?: CrossOriginRules;
  /** Who is let in; without it everybody is. */
  keys?: Keys | undefined;
  /** How often one caller may ask; without it as often as it likes. */
  rateLimits?: RateLimits | undefined;
  log: Log;
  /** Epoch seconds with a fraction. */
  now: () => number;
}
