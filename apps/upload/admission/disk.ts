/** Room on the disk that originals lie on. */
import { statfs } from "node:fs/promises";

export interface Disk {
  freeBytes(): Promise<number>;
}

/** The disk of this directory, as far as a plain user may fill it. */
export function createDisk(directory: string): Disk {
  return {
    async freeBytes() {
      const { bavail, bsize } = await statfs(directory);
      return bavail * bsize;
    },
  };
}
