/**
 * The one file that starts ffmpeg and ffprobe. No shell, an absolute list of arguments, stdin closed, stdout and stderr
 * always read (an unread pipe grows without bound), and an AbortSignal that kills at once: what a killed ffmpeg leaves
 * lies in a working directory and is thrown away, so there is nothing to be gentle about.
 */
export interface RunOptions {
  signal?: AbortSignal;
  /** Called for each line of stdout, in order. */
  onLine?: (line: string) => void;
  /** Ends the process when it takes longer. */
  timeoutSeconds?: number;
  /** 0 (normal) to 19 (only when nobody else wants the processor). */
  niceness?: number;
}

export interface RunResult {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signalName: string | null;
  timedOut: boolean;
  /** The last whole lines of stderr, at most 4 KiB. */
  errors: string;
}

export type Run = (command: string, args: string[], options?: RunOptions) => Promise<RunResult>;

const keptErrorBytes = 4096;

/** Runs a program to its end. Resolves however it ended; rejects only when it cannot be started. */
export const run: Run = async (command, args, options = {}) => {
  const { signal, onLine, timeoutSeconds, niceness = 0 } = options;
  signal?.throwIfAborted();
  const full = niceness > 0 ? ["nice", "-n", String(niceness), command, ...args] : [command, ...args];
  const child = Bun.spawn(full, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const kill = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  let timedOut = false as boolean;
  const timer = timeoutSeconds
    ? setTimeout(() => {
        timedOut = true;
        kill();
      }, timeoutSeconds * 1000)
    : undefined;
  try {
    const [errors] = await Promise.all([tail(child.stderr), readLines(child.stdout, onLine), child.exited]);
    return {
      exitCode: child.exitCode,
      signalName: child.signalCode === null ? null : String(child.signalCode),
      timedOut,
      errors,
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
};

async function readLines(stream: ReadableStream<Uint8Array>, onLine: RunOptions["onLine"]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine?.(line);
  }
  if (rest) onLine?.(rest);
}

async function tail(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let isCut = false;
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    isCut ||= text.length > keptErrorBytes;
    text = text.slice(-keptErrorBytes);
  }
  return (isCut ? text.slice(text.indexOf("\n") + 1) : text).trim();
}

/** A line of ffmpeg's stderr without the address in memory of whoever speaks: `[h264 @ 0x55d1] no frame!` is `h264: no frame!`. */
export const withoutAddress = (line: string): string => line.replace(/^\[(\S+) @ 0x[0-9a-f]+\] /, "$1: ");
