/**
 * One child process: its lines are handed on as they come, and it is ended in order. It leads a process group of its own,
 * so that Ctrl-C in a terminal reaches only the one who waits here, and ffmpeg is not cut off before its service knows.
 */
import { splitLines } from "../logs/split-lines.ts";

export interface RunningProcess {
  readonly pid: number;
  /** Resolves with a sentence's end, such as `ended with exit code 1`, when it is gone and its lines were handed on. */
  readonly ended: Promise<string>;
  /** The last lines it wrote, oldest first. */
  lastLines(): string[];
  /** SIGTERM, and after so many seconds SIGKILL to all of its group. Resolves when it is gone. */
  stop(deadlineSeconds: number): Promise<void>;
}

export interface ProcessOptions {
  command: string[];
  environment: Record<string, string>;
  directory?: string;
  onLine: (line: string) => void;
}

const linesKept = 10;

/** Starts it. */
export function startProcess({ command, environment, directory, onLine }: ProcessOptions): RunningProcess {
  const child = Bun.spawn(command, {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...(directory === undefined ? {} : { cwd: directory }),
  });
  const last: string[] = [];

  async function follow(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const line of splitLines(stream)) {
      last.push(line);
      if (last.length > linesKept) last.shift();
      onLine(line);
    }
  }

  const followed = Promise.all([follow(child.stdout), follow(child.stderr)]);

  return {
    pid: child.pid,
    ended: describeEnd(child, followed),
    lastLines: () => [...last],
    async stop(deadlineSeconds) {
      const deadline = setTimeout(() => signalGroup(child.pid, "SIGKILL"), deadlineSeconds * 1000);
      child.kill("SIGTERM");
      await child.exited;
      clearTimeout(deadline);
    },
  };
}

/** A grandchild may hold the output open for longer than its parent lives; what it says then is not waited for. */
async function describeEnd(child: Bun.Subprocess, followed: Promise<unknown>): Promise<string> {
  await child.exited;
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, 500);
  await Promise.race([followed, patience.promise]);
  clearTimeout(timer);
  return child.signalCode ? `was ended by ${child.signalCode}` : `ended with exit code ${child.exitCode}`;
}

/** Signals a process and all that stayed in its group. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Gone in the meantime.
  }
}
