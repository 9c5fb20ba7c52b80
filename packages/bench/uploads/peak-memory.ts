/** The most that a process has held in memory since it began, as the kernel counts it; Linux only. */
import { readFile } from "node:fs/promises";

/** In MiB. */
export async function peakMemoryMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}
