/** Makes the file that audio is encoded from where the source's own packets cannot be decoded; see `packed-audio.ts`. */
import { rm } from "node:fs/promises";
import { type Facts, packCommand, unpackCommand } from "@video-backend/media";
import { audioCopyFile } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import { readThrough } from "./read-through.ts";

/**
 * @returns the path of a file whose streams are the source's audio tracks, in their order
 * @throws SourceError when they cannot be read
 */
export function unpackAudio(
  deps: Pick<TranscodingDeps, "workspace" | "run">,
  videoId: string,
  source: string,
  { audio }: Facts,
  signal: AbortSignal,
): Promise<string> {
  return deps.workspace.keep(videoId, audioCopyFile, async (temporary) => {
    const tracks = audio.map((one, position) => ({ path: `${temporary}.${position}.amr`, audio: one }));
    const ffmpeg = (command: string[]) => readThrough(deps, "The audio", command, signal);
    try {
      for (const { path, audio: one } of tracks) await ffmpeg(unpackCommand(source, one.stream, path));
      await ffmpeg(packCommand(tracks, temporary));
    } finally {
      await Promise.all(tracks.map(({ path }) => rm(path, { force: true })));
    }
  });
}
