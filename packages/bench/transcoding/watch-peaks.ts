/** Samples what a service and its children hold, and remembers the most. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { processTree } from "../processes.ts";

/** In bytes. */
export interface Peaks {
  /** Resident, the processes summed; pages that they share count for each. */
  memory: number;
  disk: number;
}

const everyMilliseconds = 50;

/** Watches until `end`. */
export function watchPeaks(processId: number, directory: string): { peaks(): Peaks; end(): Promise<void> } {
  const peaks: Peaks = { memory: 0, disk: 0 };
  const ended = new AbortController();
  const watching = (async () => {
    while (!ended.signal.aborted) {
      const [tree, bytes] = await Promise.all([processTree(processId), bytesBelow(directory)]);
      const memory = tree.reduce((sum, one) => sum + one.residentBytes, 0);
      peaks.memory = Math.max(peaks.memory, memory);
      peaks.disk = Math.max(peaks.disk, bytes);
      await setTimeout(everyMilliseconds, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })();
  return {
    peaks: () => peaks,
    async end() {
      ended.abort();
      await watching;
    },
  };
}

/** Sizes of all files below; what goes away in the meantime counts nothing. */
async function bytesBelow(directory: string): Promise<number> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const found = await Promise.all(names.map((name) => stat(join(directory, name)).catch(() => null)));
  return found.reduce((sum, one) => sum + (one?.isFile() ? one.size : 0), 0);
}
