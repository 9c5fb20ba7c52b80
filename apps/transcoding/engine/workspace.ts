/**
 * Where ffmpeg writes before a segment is verified: `transcoding/{id}/` beside originals and hls. Where hls is on the same file
 * system a rename is enough. Nothing in it counts; what a killed process leaves is swept away.
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

export interface Workspace {
  /** Runs `work` with an empty directory that is gone afterwards, however it ends. */
  withDirectory<Value>(videoId: string, work: (directory: string) => Promise<Value>): Promise<Value>;
  /** A file that is kept for the length of the job, made by `make` under a temporary name when it is not there. */
  keep(videoId: string, name: string, make: (temporaryPath: string) => Promise<void>): Promise<string>;
  /** Removes all of a video. */
  remove(videoId: string): Promise<void>;
  /** Removes what killed processes left: every directory, and unfinished files. */
  sweep(): Promise<void>;
}

const temporaryPrefix = "tmp-";

export function createWorkspace(directory: string): Workspace {
  const root = resolve(directory);
  const placeOf = async (videoId: string) => {
    const place = join(root, videoId);
    await mkdir(place, { recursive: true });
    return place;
  };
  return {
    async withDirectory(videoId, work) {
      const directory = await mkdtemp(join(await placeOf(videoId), temporaryPrefix));
      try {
        return await work(directory);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    async keep(videoId, name, make) {
      const path = join(await placeOf(videoId), name);
      if (await stat(path).catch(() => null)) return path;
      const temporary = join(await placeOf(videoId), `${temporaryPrefix}${name}`);
      await make(temporary);
      await rename(temporary, path);
      return path;
    },
    remove: (videoId) => rm(join(root, videoId), { recursive: true, force: true }),
    async sweep() {
      for (const videoId of await readdir(root).catch(() => [])) {
        for (const name of await readdir(join(root, videoId))) {
          if (name.startsWith(temporaryPrefix)) await rm(join(root, videoId, name), { recursive: true, force: true });
        }
      }
    },
  };
}
