/** Makes the file that sound is encoded from where the source's own packets cannot be decoded; see `packed-sound.ts`. */
import { rm } from "node:fs/promises";
import { type Facts, packCommand, unpackCommand } from "@video-backend/media";
import { audioCopyFile } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import { readThrough } from "./read-through.ts";

/**
 * @returns the path of a file whose streams are the source's sound tracks, in their order
 * @throws SourceError when they cannot be read
 */
export function unpackSound(
  deps: Pick<TranscodingDeps, "workspace" | "run">,
  videoId: string,
  source: string,
  { sound }: Facts,
  signal: AbortSignal,
): Promise<string> {
  return deps.workspace.keep(videoId, audioCopyFile, async (temporary) => {
    const tracks = sound.map((one, position) => ({ path: `${temporary}.${position}.amr`, sound: one }));
    const ffmpeg = (command: string[]) => readThrough(deps, "The sound", command, signal);
    try {
      for (const { path, sound: one } of tracks) await ffmpeg(unpackCommand(source, one.stream, path));
      await ffmpeg(packCommand(tracks, temporary));
    } finally {
      await Promise.all(tracks.map(({ path }) => rm(path, { force: true })));
    }
  });
}
