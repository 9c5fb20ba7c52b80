/**
 * What a task uses of the machine that it runs on: programs, encoders, a directory to write in, and room on the disk. Each
 * worker has its own.
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Encoder, type EncoderSettings, proofCommand, type Run } from "@video-backend/media";
import { messageOf } from "@video-backend/service";
import { workspaceTemporaryPrefix } from "@video-backend/storage/layout";

/**
 * Whether ffmpeg and ffprobe can be started, as it was seen the last time: at the start of the service, and by every task
 * since. A health request starts no process: on a busy machine that alone takes a second.
 */
export interface Programs {
  /** Runs a program, and notes whether it could be started. */
  run: Run;
  /** Runs each of them once. */
  prove(): Promise<void>;
  /** @throws Error with a sentence when this one could not be started the last time */
  check(program: ProgramName): void;
}

const programNames = ["ffmpeg", "ffprobe"] as const;
type ProgramName = (typeof programNames)[number];

const proofSeconds = 20;
/** Of `nice`, or of the loader, for what is not there or cannot be run. */
const isNotStarted = (exitCode: number | null): boolean => exitCode === 126 || exitCode === 127;

export function watchPrograms(start: Run): Programs {
  /** What kept a program from starting; absent for one that started. */
  const reasons = new Map<string, string>();

  const run: Run = async (program, args, options = {}) => {
    const { signal, onLine } = options;
    let isListenersFault = false;
    const watched = (line: string) => {
      try {
        onLine?.(line);
      } catch (error) {
        isListenersFault = true;
        throw error;
      }
    };
    try {
      const result = await start(program, args, onLine ? { ...options, onLine: watched } : options);
      if (isNotStarted(result.exitCode)) reasons.set(program, result.errors || `it ended with ${result.exitCode}`);
      else reasons.delete(program);
      return result;
    } catch (error) {
      if (!isListenersFault && !signal?.aborted) reasons.set(program, messageOf(error));
      throw error;
    }
  };

  return {
    run,
    async prove() {
      // What went wrong is noted, and told by the check.
      await Promise.allSettled(programNames.map((name) => run(name, ["-version"], { timeoutSeconds: proofSeconds })));
    },
    check(program) {
      const reason = reasons.get(program);
      if (reason !== undefined) throw new Error(reason);
    },
  };
}

export interface EncoderState {
  name: string;
  /** `ready`, `out` after failures in jobs, or `broken` since its proof failed. */
  state: "ready" | "out" | "broken";
  /** ffmpeg's words, where it is not ready. */
  reason: string | null;
}

/**
 * Which encoders work on this machine. Each is proven at start by a real encode. One that fails several times in a row, where
 * another then makes the same chunk, is out for a while and tried again. The last encoder is the fallback and never out.
 */
export interface EncoderPool {
  /** The first that is ready and not among these; the fallback when none is. */
  pick(without: ReadonlySet<string>): Encoder;
  /** A chunk was made with it. */
  recordSuccess(name: string): void;
  /** A chunk of this video failed with it. */
  recordFailure(name: string, reason: string, videoId?: string): void;
  /**
   * Throws when nothing was encoded any more for several videos in a row: that is not their fault.
   *
   * @throws Error with a sentence and ffmpeg's last words
   */
  check(): void;
  states(): EncoderState[];
}

export interface EncoderPoolOptions {
  /** In the order of preference. */
  encoders: Encoder[];
  /** `auto`, or the name of the only one to use. */
  choice: string;
  run: Run;
  settings: EncoderSettings;
  /** Epoch seconds. */
  now: () => number;
  failuresUntilOut?: number;
  outSeconds?: number;
}

/** A few damaged files may well come one after another. */
const failedVideosUntilBroken = 5;

/** @throws Error with a sentence when the chosen encoder, or every one, is broken */
export async function proveEncoders(options: EncoderPoolOptions): Promise<EncoderPool> {
  const { encoders, choice, run, settings, now, failuresUntilOut = 3, outSeconds = 60 } = options;
  const wanted = choice === "auto" ? encoders : encoders.filter((encoder) => encoder.name === choice);
  const proven = await Promise.all(
    wanted.map(async (encoder) => {
      const proof = async (one: Encoder) => ({ encoder: one, broken: await reasonOfFailure(one, run, settings) });
      const first = await proof(encoder);
      // One without a constant quality is used with mean bit rates.
      const usable = first.broken === null ? first : await proof({ ...encoder, constantQuality: null });
      return { ...usable, failures: 0, lastReason: "", outUntil: 0 };
    }),
  );
  const working = proven.filter((one) => one.broken === null);
  const fallback = working.at(-1);
  if (!fallback) {
    const reasons = proven.map((one) => `  ${one.encoder.name}: ${one.broken}`).join("\n");
    throw new Error(`No encoder works (ENCODER=${choice}):\n${reasons}`);
  }
  const isOut = (one: (typeof proven)[number]) => now() < one.outUntil;
  const find = (name: string) => working.find((one) => one.encoder.name === name);

  /** Videos of which the fallback could not make something, since anything was made. */
  const failedVideos = new Set<string>();

  return {
    pick: (without) => (working.find((one) => !without.has(one.encoder.name) && !isOut(one)) ?? fallback).encoder,
    recordSuccess(name) {
      failedVideos.clear();
      const one = find(name);
      if (one) one.failures = 0;
    },
    recordFailure(name, reason, videoId) {
      const one = find(name);
      if (!one) return;
      one.lastReason = reason;
      if (one === fallback) {
        if (videoId !== undefined) failedVideos.add(videoId);
        return;
      }
      one.failures++;
      if (one.failures >= failuresUntilOut) one.outUntil = now() + outSeconds;
    },
    check() {
      if (failedVideos.size < failedVideosUntilBroken) return;
      throw new Error(
        `Nothing of the last ${failedVideos.size} videos could be encoded by ${fallback.encoder.name}: ${fallback.lastReason}`,
      );
    },
    states: () =>
      proven.map((one) => {
        if (one.broken !== null) return { name: one.encoder.name, state: "broken", reason: one.broken };
        return isOut(one)
          ? { name: one.encoder.name, state: "out", reason: one.lastReason }
          : { name: one.encoder.name, state: "ready", reason: null };
      }),
  };
}

async function reasonOfFailure(encoder: Encoder, run: Run, settings: EncoderSettings): Promise<string | null> {
  try {
    const result = await run("ffmpeg", proofCommand(encoder, settings), { timeoutSeconds: proofSeconds });
    if (result.exitCode === 0) return null;
    return result.timedOut ? `no answer within ${proofSeconds} s` : result.errors.split("\n").slice(0, 3).join("; ");
  } catch (error) {
    return messageOf(error);
  }
}

/** What ffmpeg opens, as absolute paths. */
export interface OpenSource {
  /** The original, or its Matroska copy where the original does not seek exactly. */
  source: string;
  /** The same for audio, whose stream numbers in the plan are this file's. */
  audioSource: string;
}

/**
 * Where ffmpeg writes before a segment is verified: `transcoding/{id}/` beside originals and hls. Where hls is on the same file
 * system a rename is enough. Nothing in it counts; what a killed process leaves is swept away.
 */
export interface Workspace {
  /** Runs `work` with an empty directory that is gone afterwards, however it ends. */
  withDirectory<Value>(videoId: string, work: (directory: string) => Promise<Value>): Promise<Value>;
  /** A file that is kept for the length of the job, made by `make` under a temporary name when it is not there. */
  keep(videoId: string, name: string, make: (temporaryPath: string) => Promise<void>): Promise<string>;
  /** The source of a job, opened by `open` on this machine once for all its tasks, and again where that failed. */
  source(videoId: string, open: () => Promise<OpenSource>): Promise<OpenSource>;
  /** Removes all of a video, copies of its source too; no task of it may be in the queue. */
  remove(videoId: string): Promise<void>;
  /** The ids of videos of which something lies here. */
  list(): Promise<string[]>;
  /** Removes what earlier processes left: all but the finished files of the videos that are named. */
  sweep(keep: readonly string[]): Promise<void>;
}

export function createWorkspace(directory: string): Workspace {
  const root = resolve(directory);
  const placeOf = async (videoId: string) => {
    const place = join(root, videoId);
    await mkdir(place, { recursive: true });
    return place;
  };
  const sources = new Map<string, Promise<OpenSource>>();
  const remove = (videoId: string) => {
    sources.delete(videoId);
    return rm(join(root, videoId), { recursive: true, force: true });
  };
  const list = () => readdir(root).catch(() => []);
  return {
    async withDirectory(videoId, work) {
      const directory = await mkdtemp(join(await placeOf(videoId), workspaceTemporaryPrefix));
      try {
        return await work(directory);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    async keep(videoId, name, make) {
      const path = join(await placeOf(videoId), name);
      if (await stat(path).catch(() => null)) return path;
      const temporary = join(await placeOf(videoId), `${workspaceTemporaryPrefix}${name}`);
      try {
        await make(temporary);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      return path;
    },
    source(videoId, open) {
      const known = sources.get(videoId);
      if (known) return known;
      const opening = open();
      sources.set(videoId, opening);
      opening.catch(() => {
        if (sources.get(videoId) === opening) sources.delete(videoId);
      });
      return opening;
    },
    remove,
    list,
    async sweep(keep) {
      for (const videoId of await list()) {
        if (!keep.includes(videoId)) {
          await remove(videoId);
          continue;
        }
        for (const name of await readdir(join(root, videoId)).catch(() => [])) {
          if (name.startsWith(workspaceTemporaryPrefix))
            await rm(join(root, videoId, name), { recursive: true, force: true });
        }
      }
    },
  };
}

/**
 * Room on the disk. Encoding waits while less than the low-water mark is free, so that it is never what fills the disk;
 * uploads and databases live on what is left.
 */
export interface Disk {
  freeBytes(): Promise<number>;
  totalBytes(): Promise<number>;
  lowWaterBytes: number;
}

/** Between two tries of what a write found no room for, though there seemed to be some. */
export const diskRetrySeconds = 2;

/** @param directories what is written to, the first of which is there; where they lie on several file systems, the one with the least room counts */
export function createDisk(directories: string[], lowWaterBytes: number): Disk {
  async function tightest(): Promise<{ freeBytes: number; totalBytes: number }> {
    const all = await Promise.all(directories.map(statfsOrNull));
    const there = all.filter((one) => one !== null);
    const sizes = there.map(({ bavail, blocks, bsize }) => ({ freeBytes: bavail * bsize, totalBytes: blocks * bsize }));
    return sizes.reduce((least, one) => (one.freeBytes < least.freeBytes ? one : least));
  }
  return {
    lowWaterBytes,
    freeBytes: async () => (await tightest()).freeBytes,
    totalBytes: async () => (await tightest()).totalBytes,
  };
}

/** Null for a folder that is made when it is needed. */
const statfsOrNull = (directory: string) =>
  statfs(directory).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  });

/**
 * Resolves at once when there is room, else as soon as there is; rejects with the signal's reason.
 *
 * @param onWait called once with a sentence when it must wait
 */
export async function untilThereIsRoom(
  disk: Disk,
  signal: AbortSignal,
  onWait: (sentence: string) => void,
  everySeconds = 2,
): Promise<void> {
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    const free = await disk.freeBytes();
    if (free >= disk.lowWaterBytes) return;
    if (!told)
      onWait(`Waiting for room on the disk: ${mebibytes(free)} are free, ${mebibytes(disk.lowWaterBytes)} are kept`);
    told = true;
    await setTimeout(everySeconds * 1000, undefined, { signal });
  }
}

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MiB`;
