/**
 * Where ffmpeg writes before a segment is verified: `transcoding/{id}/` beside originals and hls. Where hls is on the same file
 * system a rename is enough. Nothing in it counts; what a killed process leaves is swept away.
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { workspaceTemporaryPrefix } from "@video-backend/storage/layout";

export interface Workspace {
  /** Runs `work` with an empty directory that is gone afterwards, however it ends. */
  withDirectory<Value>(videoId: string, work: (directory: string) => Promise<Value>): Promise<Value>;
  /** A file that is kept for the length of the job, made by `make` under a temporary name when it is not there. */
  keep(videoId: string, name: string, make: (temporaryPath: string) => Promise<void>): Promise<string>;
  /** Removes all of a video. */
  remove(videoId: string): Promise<void>;
  /** The ids of videos of which something lies here. */
  list(): Promise<string[]>;
  /** Removes what earlier processes left: all but the finished files of the videos that are named. */
  sweep(keep: readonly string[]): Promise<void>;
}

export function createWorkspace(directory: string): Workspace {
  const root = resolve(directory);
  const placeOf = async (videoId: string) => {
    const place = join(root, videoId);
    await mkdir(place, { recursive: true });
    return place;
  };
  const remove = (videoId: string) => rm(join(root, videoId), { recursive: true, force: true });
  const list = () => readdir(root).catch(() => []);
  return {
    async withDirectory(videoId, work) {
      const directory = await mkdtemp(join(await placeOf(videoId), workspaceTemporaryPrefix));
      try {
        return await work(directory);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
    async keep(videoId, name, make) {
      const path = join(await placeOf(videoId), name);
      if (await stat(path).catch(() => null)) return path;
      const temporary = join(await placeOf(videoId), `${workspaceTemporaryPrefix}${name}`);
      try {
        await make(temporary);
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      return path;
    },
    remove,
    list,
    async sweep(keep) {
      for (const videoId of await list()) {
        if (!keep.includes(videoId)) {
          await remove(videoId);
          continue;
        }
        for (const name of await readdir(join(root, videoId)).catch(() => [])) {
          if (name.startsWith(workspaceTemporaryPrefix))
            await rm(join(root, videoId, name), { recursive: true, force: true });
        }
      }
    },
  };
}
