/**
 * Takes a source's own text tracks out of it, all in one reading. Subtitles are never worth a video: whatever goes wrong,
 * the job goes on, and the track is left out with the reason.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  charsetsFor,
  dropsCharacters,
  type Plan,
  type SubtitleFacts,
  subtitleCommand,
  whyNotText,
  withCuesOf,
} from "@video-backend/media";
import { type Captions, CaptionsError, parseWebvtt } from "@video-backend/media/captions";
import { messageOf } from "@video-backend/service";
import { embeddedFolder } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import { playedTracks } from "./subtitles.ts";
import { writeTrack } from "./write-track.ts";

export type ExtractDeps = Pick<TranscodingDeps, "subtitles" | "store" | "workspace" | "run" | "log">;

export interface VideoWithSource {
  videoId: string;
  plan: Plan;
  source: string;
}

interface Track extends SubtitleFacts {
  folder: string;
  path: string;
}

/** Why tracks were not taken out. */
interface Fault {
  reason: string;
  /** True where one of several may have been the cause. */
  isWorthTryingAlone: boolean;
}

/** More tracks, or more text in one, is no film but an attack. */
const mostTracks = 50;
const mostBytes = 8 * 1024 * 1024;
const backgroundNiceness = 10;
const reportSeconds = 1;

/** Resolves in any case but a lost database; what is cut short by the signal is done by the next task. */
export async function extractTracks(deps: ExtractDeps, video: VideoWithSource, signal: AbortSignal): Promise<void> {
  const { videoId, plan } = video;
  const done = new Set((await playedTracks(deps, videoId)).map((track) => track.folder));
  const wanted = plan.subtitles
    .map((track, position) => ({ ...track, folder: embeddedFolder(position, track.language) }))
    .filter((track) => whyNotText(track.codec) === null && !done.has(track.folder));
  if (wanted.length === 0) return;
  for (const track of wanted.splice(mostTracks))
    await keep(deps, videoId, track, `At most ${mostTracks} tracks are taken`);
  await deps.workspace.withDirectory(videoId, async (directory) => {
    const tracks = wanted.map((track) => ({ ...track, path: join(directory, `${track.stream}.vtt`) }));
    const { fault, dropsCues } = await takeOut(deps, video.source, tracks, signal);
    const alone = (fault?.isWorthTryingAlone || dropsCues) && tracks.length > 1;
    for (const track of tracks) {
      const own = alone ? await takeOut(deps, video.source, [track], signal) : { fault, dropsCues };
      const recoded = own.fault || !own.dropsCues ? [] : await recode(deps, video.source, track, signal);
      if (signal.aborted) return;
      const reason = own.fault ? own.fault.reason : await publish(deps, video, track, recoded);
      await keep(deps, videoId, track, reason, recoded);
    }
  });
}

/**
 * The track once more for each character set that it may be written in, until none of its cues is dropped.
 *
 * @returns the WebVTT files
 */
async function recode(deps: ExtractDeps, source: string, track: Track, signal: AbortSignal): Promise<Recoded[]> {
  const files: Recoded[] = [];
  for (const charset of charsetsFor(track.language)) {
    const path = `${track.path}.${charset}.vtt`;
    const { fault, dropsCues } = await takeOut(deps, source, [{ ...track, path }], signal, charset);
    if (!fault) files.push({ path, charset });
    if (!fault && !dropsCues) break;
  }
  return files;
}

interface Recoded {
  path: string;
  charset: string;
}

interface Taken {
  /** Why the tracks were not written; null where they were. */
  fault: Fault | null;
  /** Whether cues were dropped because they are not written in UTF-8, or in the character set that was named. */
  dropsCues: boolean;
}

/** One ffmpeg for all of these. */
async function takeOut(
  deps: ExtractDeps,
  source: string,
  tracks: Track[],
  signal: AbortSignal,
  charset?: string,
): Promise<Taken> {
  const tooLarge = new AbortController();
  const either = AbortSignal.any([signal, tooLarge.signal]);
  const onLine = (line: string) => {
    if (!line.startsWith("progress=")) return;
    void isTooLarge(tracks).then((is) => is && tooLarge.abort());
  };
  const fault = (reason: string, isWorthTryingAlone = true): Taken => ({
    fault: { reason, isWorthTryingAlone },
    dropsCues: false,
  });
  try {
    const timeoutSeconds = await secondsFor(source);
    const options = { signal: either, timeoutSeconds, onLine, niceness: backgroundNiceness };
    const result = await deps.run("ffmpeg", subtitleCommand(source, tracks, reportSeconds, charset), options);
    if (tooLarge.signal.aborted || (await isTooLarge(tracks)))
      return fault(`It has more than ${mostBytes} bytes of text`);
    if (result.timedOut) return fault(`It could not be taken out within ${timeoutSeconds} s`, false);
    if (result.stalledSeconds !== undefined) return fault(`ffmpeg made no progress for ${result.stalledSeconds} s`);
    if (result.exitCode === 0) return { fault: null, dropsCues: dropsCharacters(result.errors) };
    const words = result.errors.replaceAll(`file:${source}`, "the file").split("\n").slice(-2).join("; ");
    return fault(`ffmpeg could not take it out: ${words || `it was ended by ${result.signalName}`}`);
  } catch (error) {
    return fault(`It could not be taken out: ${messageOf(error)}`, false);
  }
}

/** The file is read through once; 4 MiB a second is a slow disk. */
async function secondsFor(source: string): Promise<number> {
  const { size } = await stat(source);
  return 60 + Math.ceil(size / (4 * 1024 * 1024));
}

async function isTooLarge(tracks: Track[]): Promise<boolean> {
  const sizes = await Promise.all(tracks.map(async ({ path }) => (await stat(path).catch(() => null))?.size ?? 0));
  return sizes.some((size) => size > mostBytes);
}

/**
 * Puts the track's files in place; answers why not, or null.
 *
 * @param recoded files with the cues that the track's own has not
 */
async function publish(
  deps: ExtractDeps,
  { videoId, plan }: VideoWithSource,
  track: Track,
  recoded: Recoded[],
): Promise<string | null> {
  try {
    let captions = await captionsIn(track.path);
    for (const { path } of recoded) captions = withCuesOf(captions, await captionsIn(path));
    if (captions.cues.length === 0) return "It is empty";
    const { folder } = track;
    await writeTrack(deps.store, { videoId, plan, folder }, captions);
    return null;
  } catch (error) {
    if (!(error instanceof CaptionsError)) deps.log.error({ videoId, err: error }, "subtitles could not be written");
    return `It could not be written: ${messageOf(error)}`;
  }
}

const captionsIn = async (path: string): Promise<Captions> => parseWebvtt(await readFile(path, "utf8"), "ffmpeg");

async function keep(
  deps: ExtractDeps,
  videoId: string,
  track: Omit<Track, "path">,
  reason: string | null,
  recoded: Recoded[] = [],
): Promise<void> {
  const { folder, stream, codec, language, title } = track;
  if (reason) deps.log.warn({ videoId, stream, codec, reason }, "a subtitle track is left out");
  const [isDefault, isForced] = [Number(track.isDefault), Number(track.isForced)];
  const kind = { source: "embedded" as const, codec, language, title, isDefault, isForced, updatedAt: null };
  const charsets = recoded.length > 0 ? recoded.map(({ charset }) => charset).join() : null;
  await deps.subtitles.enter({ ...kind, videoId, folder, reason, charsets });
}
