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

export function createDisk(directory: string, lowWaterBytes: number): Disk {
  return {
    lowWaterBytes,
    async freeBytes() {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
    async totalBytes() {
      const { blocks, bsize } = await statfs(directory);
      return blocks * bsize;
    },
  };
}

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
