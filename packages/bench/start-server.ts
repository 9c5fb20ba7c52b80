/** A server of the bench's own, from its start until it is no longer needed. */
import { join } from "node:path";
import { poll } from "./poll.ts";
import { processTree } from "./processes.ts";

export interface Server extends AsyncDisposable {
  /** Without a slash at the end. */
  url: string;
  pid: number;
  /** Of all its processes. */
  residentBytes(): Promise<number>;
}

export interface ServerStart {
  command: string[];
  environment?: Record<string, string | undefined>;
  url: string;
  /** Whether an answer means that it is ready. */
  isReady: () => Promise<boolean>;
  signal: AbortSignal;
}

const root = join(import.meta.dirname, "..", "..");

/** @throws Error naming the command when it does not get ready; the signal's reason */
export async function startServer({ command, environment, url, isReady, signal }: ServerStart): Promise<Server> {
  const child = Bun.spawn(command, {
    cwd: root,
    env: environment ?? process.env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const server: Server = {
    url,
    pid: child.pid,
    async residentBytes() {
      return (await processTree(child.pid)).reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
  const ready = async () => ((await isReady().catch(() => false)) ? true : null);
  try {
    await poll(`${command.join(" ")} answers`, ready, { signal, everySeconds: 0.05, limitSeconds: 20 });
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
