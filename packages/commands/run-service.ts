/** How a service is run: by the very bun that runs this, which need not be on PATH. */
import { join } from "node:path";
import { type RunningProcess, startProcess } from "./processes/running-process.ts";
import type { Service, Setup } from "./services.ts";

const root = join(import.meta.dirname, "..", "..");

export interface RunOptions {
  onLine: (line: string) => void;
  /** Restarts it when its source changes. */
  watch?: boolean;
}

/** Starts one. `--no-orphans`: whatever ends it, or us, ends its ffmpeg too, SIGKILL included. */
export function runService(service: Service, setup: Setup, { onLine, watch = false }: RunOptions): RunningProcess {
  const flags = watch ? ["--no-orphans", "--watch", "--no-clear-screen"] : ["--no-orphans"];
  return startProcess({
    command: [process.execPath, ...flags, join("apps", service.name, "main.ts")],
    environment: setup.environment,
    directory: root,
    onLine,
  });
}
