/**
 * Room on the disk. Encoding waits while less than the low-water mark is free, so that it is never what fills the disk;
 * uploads and databases live on what is left.
 */
import { statfs } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

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
