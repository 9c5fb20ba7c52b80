/**
 * The one file that starts ffmpeg and ffprobe. No shell, an absolute list of arguments, stdin closed, stdout and stderr
 * always read (an unread pipe grows without bound), and an AbortSignal that kills at once: what a killed ffmpeg leaves
 * lies in a working directory and is thrown away, so there is nothing to be gentle about. Every run is watched: one that
 * makes no progress is ended.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

export interface RunOptions {
  signal?: AbortSignal;
  /** Called for each line of stdout, in order; of a longer line, its first 4,096 characters. What it throws ends the process. */
  onLine?: (line: string) => void;
  /** Ends the process when it takes longer, whatever its progress. */
  timeoutSeconds?: number;
  /** The working directory: what is named relative to it needs no escaping, whatever the directory's own name is. */
  directory?: string;
  /** 0 (normal) to 19 (only when nobody else wants the processor), beside all other runs and the services. */
  niceness?: number;
}

export interface RunResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signalName: string | null;
  timedOut: boolean;
  /** Present when the watchdog ended it: it made no progress for so long. */
  stalledSeconds?: number;
  /** The last whole lines of stderr, at most 4 KiB. */
  errors: string;
}

export type Run = (command: string, args: string[], options?: RunOptions) => Promise<RunResult>;

const maxLineCharacters = 4096;
const maxErrorCharacters = 4096;
/** Output that a killed process has written is read for so long; a grandchild may hold the pipe open. */
const drainMilliseconds = 200;

/**
 * Makes the function that runs a program to its end. It resolves however the program ended, and rejects only when the
 * program cannot be started or `onLine` throws; in all cases the process and its children have ended by then.
 *
 * @param stallSeconds a run without progress for so long is ended; see `watchProgress`
 */
export function createRun({ stallSeconds }: { stallSeconds: number }): Run {
  return async (command, args, options = {}) => {
    const { signal, onLine, timeoutSeconds, directory = ".", niceness = 0 } = options;
    signal?.throwIfAborted();
    const full = niceness > 0 ? ["nice", "-n", String(niceness), command, ...args] : [command, ...args];
    // A process group of its own, so that the children of what is started are killed with it.
    const child = Bun.spawn(full, {
      cwd: directory,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
    const giveWay = niceness > 0 ? groupNiceness(child.pid, niceness) : undefined;
    const stdout = child.stdout.getReader();
    const stderr = child.stderr.getReader();
    let drain: ReturnType<typeof setTimeout> | undefined;
    const kill = () => {
      if (child.exitCode === null && child.signalCode === null) killGroup(child.pid);
      drain ??= setTimeout(() => void Promise.all([stdout.cancel(), stderr.cancel()]), drainMilliseconds);
    };
    let timedOut = false as boolean;
    let isStalled = false as boolean;
    const timer = timeoutSeconds
      ? setTimeout(() => {
          timedOut = true;
          kill();
        }, timeoutSeconds * 1000)
      : undefined;
    const watch = watchProgress(child.pid, stallSeconds, () => {
      isStalled = true;
      kill();
    });
    signal?.addEventListener("abort", kill, { once: true });
    try {
      const takeLine = (line: string) => {
        watch.sawLine(line);
        onLine?.(line);
      };
      const [errors] = await Promise.all([tail(stderr), readLines(stdout, takeLine), child.exited]);
      return {
        exitCode: child.exitCode,
        signalName: child.signalCode === null ? null : String(child.signalCode),
        timedOut,
        ...(isStalled ? { stalledSeconds: stallSeconds } : {}),
        errors,
      };
    } finally {
      clearTimeout(timer);
      giveWay?.stop();
      watch.stop();
      signal?.removeEventListener("abort", kill);
      kill();
      await child.exited;
      clearTimeout(drain);
    }
  };
}

/** Linux takes one such change in a tenth of a second of all users but root. */
const groupNicenessMilliseconds = 110;

/**
 * A process in a session of its own is a group of its own to Linux' scheduler (sched(7), "The autogroup feature"), and its niceness
 * counts within that group alone: without this a background encoder has as large a share as what somebody waits for.
 */
function groupNiceness(pid: number, niceness: number): { stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const set = () => {
    try {
      writeFileSync(`/proc/${pid}/autogroup`, String(niceness));
    } catch (error) {
      const isTooSoon = error instanceof Error && "code" in error && error.code === "EAGAIN";
      // Elsewhere there are no such groups: not on this system, or not in this container.
      if (isTooSoon) timer = setTimeout(set, groupNicenessMilliseconds);
    }
  };
  set();
  return { stop: () => clearTimeout(timer) };
}

/** What an encode may be silent for is configured; this one is for whoever has no configuration. */
export const run: Run = createRun({ stallSeconds: 60 });

/** Progress is looked for so often within `stallSeconds`. */
const looksPerStall = 20;

/**
 * Calls `onStall` when a process shows no progress for `stallSeconds`. Progress is: more frames, bytes or time in ffmpeg's
 * `-progress` report, any other new line on stdout, or another position in an open file (where the system tells, Linux):
 * a decoder on its way to a distant frame writes nothing and reads. Looks without progress are counted, not seconds: a
 * machine that was suspended is no stall.
 */
function watchProgress(pid: number, stallSeconds: number, onStall: () => void) {
  const reported = new Map<string, string>();
  let hasMoved = false;
  let positions = filePositions(pid);
  let idleLooks = 0;
  const look = () => {
    const now = filePositions(pid);
    idleLooks = hasMoved || now !== positions ? 0 : idleLooks + 1;
    positions = now;
    hasMoved = false;
    if (idleLooks >= looksPerStall) onStall();
  };
  const timer = setInterval(look, (stallSeconds * 1000) / looksPerStall);
  return {
    sawLine(line: string): void {
      const [, key = "", value = line] = /^(\w+)=(.*)$/.exec(line) ?? [];
      const isMeasure = key === "" || /^(frame|total_size|out_time(_us|_ms)?)$/.test(key);
      if (!isMeasure || reported.get(key) === value) return;
      reported.set(key, value);
      hasMoved = true;
    },
    stop: () => clearInterval(timer),
  };
}

/** Where a process reads and writes in each of its open files, as one text; empty where the system does not tell. */
function filePositions(pid: number): string {
  const folder = `/proc/${pid}/fdinfo`;
  try {
    return readdirSync(folder)
      .map((name) => /^pos:\s+\d+/.exec(readFileSync(`${folder}/${name}`, "latin1"))?.[0])
      .join();
  } catch {
    // It has ended, has closed a file between the two looks, or this is not Linux.
    return "";
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // It has ended between the look and the signal.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

type Reader = Pick<ReadableStreamDefaultReader<Uint8Array>, "read">;

async function* textOf(reader: Reader): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}

async function readLines(reader: Reader, onLine: (line: string) => void): Promise<void> {
  let line = "";
  for await (const text of textOf(reader)) {
    for (let start = 0; ; ) {
      const end = text.indexOf("\n", start);
      const stop = end === -1 ? text.length : end;
      line += text.slice(start, Math.min(stop, start + maxLineCharacters - line.length));
      if (end === -1) break;
      onLine(line);
      line = "";
      start = end + 1;
    }
  }
  if (line) onLine(line);
}

async function tail(reader: Reader): Promise<string> {
  let kept = "";
  let isCut = false;
  for await (const text of textOf(reader)) {
    kept += text;
    isCut ||= kept.length > maxErrorCharacters;
    kept = kept.slice(-maxErrorCharacters);
  }
  return (isCut ? kept.slice(kept.indexOf("\n") + 1) : kept).trim();
}

/** A line of ffmpeg's stderr without the address in memory of whoever speaks: `[h264 @ 0x55d1] no frame!` is `h264: no frame!`. */
export const withoutAddress = (line: string): string => line.replace(/^\[(\S+) @ 0x[0-9a-f]+\] /, "$1: ");

// Arguments that commands have in common

/** Only errors, and no questions; what cannot be decoded is passed over, however much it is. */
export const quiet = ["-hide_banner", "-nostdin", "-loglevel", "error", "-nostats", "-max_error_rate", "1"];
/** A report on stdout, so often. */
export const progress = (everySeconds: number) => ["-progress", "pipe:1", "-stats_period", String(everySeconds)];
/** Nothing of what a source says of itself goes along. */
export const untagged = ["-map_metadata", "-1", "-map_chapters", "-1"];

/** Demuxers that read one file and never open another. */
const demuxers = [
  "mov mp4 m4a 3gp 3g2 mj2 matroska webm avi mpegts mpeg mpegvideo flv live_flv asf ogg mxf gxf nsv nut rm wtv ty dv swf",
  "h261 h263 h264 hevc m4v vc1 av1 obu ivf dirac cavsvideo dnxhd mjpeg gif yuv4mpegpipe",
  "mp3 aac loas flac wav w64 aiff au caf ac3 eac3 dts dtshd truehd mlp amr amrnb amrwb ape wv tta tak mpc mpc8 dsf voc",
]
  .join(" ")
  .replaceAll(" ", ",");

/** What comes before `-i` for every source, in ffprobe and ffmpeg alike; no single block of memory beyond 512 MiB. */
export const guardedInput = [
  ...["-max_alloc", String(512 * 1024 * 1024)],
  ...["-protocol_whitelist", "file", "-format_whitelist", demuxers],
] as const;
