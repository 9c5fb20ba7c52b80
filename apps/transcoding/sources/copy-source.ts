/**
 * Makes the files that are encoded from where the original itself will not do: one that does not seek exactly, or audio
 * whose packets cannot be decoded one by one.
 */
import { openAsBlob } from "node:fs";
import { rm } from "node:fs/promises";
import {
  type Access,
  type AudioFacts,
  type CopiedTrack,
  changesInFlv,
  changesInMidStream,
  copyInput,
  decodedAudio,
  describesItself,
  type Facts,
  hasIndex,
  hasPackedAudio,
  hasPacketsFrom,
  isChainedOgg,
  isHeldAudio,
  remuxCommand,
  SourceError,
  whyNotText,
} from "@video-backend/media";
import { audioCopyFile, sourceCopyFile } from "@video-backend/storage/layout";
import type { TranscodingDeps } from "../deps.ts";
import { readThrough } from "./read-through.ts";
import { unpackAudio } from "./unpack-audio.ts";

type CopyDeps = Pick<TranscodingDeps, "workspace" | "run" | "log">;

export interface SourceVideo {
  videoId: string;
  /** Absolute path. */
  original: string;
  facts: Facts;
}

export interface SourceCopy {
  path: string;
  /** What people should know of it, a sentence each. */
  warnings: string[];
}

/** What ffmpeg says where so much of MPEG-TS is damaged that whole packets are missing; of less, decoders complain. */
const lostPackets = /could not find sync byte/;

/**
 * Copies the source into Matroska: video, audio and text, in this order. Audio tracks are decoded on the way where Matroska
 * does not hold their codec or where they change in the middle; where the copy fails all the same, more is decoded.
 *
 * @throws SourceError when the source cannot be read
 */
export async function seekableCopy(
  deps: CopyDeps,
  video: SourceVideo,
  access: Exclude<Access, "source">,
  signal: AbortSignal,
): Promise<SourceCopy> {
  const { videoId, original, facts } = video;
  let isDamaged = false;
  const path = await deps.workspace.keep(videoId, sourceCopyFile, async (temporary) => {
    const frames = frameFiles(facts, temporary);
    const copy = async (tracks: CopiedTrack[], looksAt: typeof frames) => {
      const command = remuxCommand(original, temporary, tracks, { frames: looksAt, input: copyInput(facts) });
      isDamaged = lostPackets.test(await readThrough(deps, "The file", command, signal));
    };
    const attempts = [
      { decodesVideo: access === "decoded", decodesAudio: ({ codec }: AudioFacts) => !isHeldAudio(codec) },
      { decodesVideo: true, decodesAudio: ({ codec }: AudioFacts) => !isHeldAudio(codec) },
      { decodesVideo: true, decodesAudio: () => true },
    ];
    const known = await changesOfFlv(video);
    try {
      for (const [number, attempt] of attempts.entries()) {
        try {
          await copy(tracksOf(facts, attempt, known), frames);
          const changing = await changingTracks(frames);
          if (changing.size > 0) await copy(tracksOf(facts, attempt, changing), []);
          // Packets of which none says that it is a key frame are not copied.
          if (facts.video && !(await hasPacketsFrom(temporary, 0, 0, deps.run, signal)))
            throw new SourceError("The copy has no video");
          return;
        } catch (error) {
          if (!(error instanceof SourceError) || number === attempts.length - 1) throw error;
          deps.log.warn({ videoId, reason: error.message }, "a copy failed, and is made with more of it decoded");
        }
      }
    } finally {
      await Promise.all(frames.map((one) => rm(one.path, { force: true })));
    }
  });
  return { path, warnings: isDamaged ? ["The source is damaged: parts of it are no MPEG-TS, and are missing"] : [] };
}

/** Matroska knows one configuration per track, and ffmpeg spoils its header by a second one. */
async function changesOfFlv({ original, facts }: SourceVideo): Promise<Set<number>> {
  const aac = facts.audio.filter(({ codec }) => codec === "aac").map(({ stream }) => stream);
  const isFlv = /^(live_)?flv$/.test(facts.container) && aac.length > 0;
  return new Set(isFlv && (await changesInFlv(await openAsBlob(original))) ? aac : []);
}

/** Longer than this the audio of a source that is not copied is not looked through for changes. */
const lookSeconds = 10;
const maxOggBytes = 1024 ** 3;

/**
 * The file whose streams are the source's audio tracks, in their order, where they have to be decoded in one pass: packets
 * hold several frames, or a track changes in the middle. Null where audio is encoded from the source.
 *
 * @param wasDecoded what a plan of before says; undefined where it is to be found out
 */
export async function audioCopy(
  deps: CopyDeps,
  video: SourceVideo,
  wasDecoded: boolean | undefined,
  signal: AbortSignal,
): Promise<string | null> {
  const { videoId, original, facts } = video;
  if (hasPackedAudio(facts)) return unpackAudio(deps, videoId, original, facts, signal);
  if (!(wasDecoded ?? (await audioChanges(deps, video, signal)))) return null;
  const tracks = facts.audio.map((audio) => ({ stream: audio.stream, decoded: decodedAudio(audio, true) }));
  return deps.workspace.keep(videoId, audioCopyFile, async (temporary) => {
    await readThrough(deps, "The audio", remuxCommand(original, temporary, tracks), signal);
  });
}

/** Whether any track does. Of a file that is too long to be read through, as far as it was read. */
function audioChanges(
  deps: CopyDeps,
  { videoId, original, facts }: SourceVideo,
  signal: AbortSignal,
): Promise<boolean> | boolean {
  if (facts.container === "ogg") return openAsBlob(original).then((file) => isChainedOgg(file.slice(0, maxOggBytes)));
  if (frameFiles(facts, "").length === 0) return false;
  return deps.workspace.withDirectory(videoId, async (directory) => {
    const frames = frameFiles(facts, `${directory}/frames`);
    const [first] = frames;
    if (!first) return false;
    // One output is always there; the others are beside it, as they are beside a copy.
    const command = remuxCommand(original, `${directory}/first.mka`, [{ stream: first.stream }], { frames });
    await deps.run("ffmpeg", ["-vn", ...command], { signal, timeoutSeconds: lookSeconds });
    signal.throwIfAborted();
    return (await changingTracks(frames)).size > 0;
  });
}

type FrameFile = Pick<AudioFacts, "stream" | "codec"> & { path: string };

/** Where the frames of the tracks go that can be looked at: AAC has headers in MPEG-TS and alone, and in no other container. */
function frameFiles({ container, audio }: Facts, prefix: string): FrameFile[] {
  return audio
    .filter(({ codec }) => (codec === "aac" ? /^(aac|mpegts)$/.test(container) : describesItself(codec)))
    .map(({ stream, codec }) => ({ stream, codec, path: `${prefix}.${stream}.frames` }));
}

/** Numbers of the streams that change in the middle. */
async function changingTracks(frames: FrameFile[]): Promise<Set<number>> {
  const changing = new Set<number>();
  for (const { stream, codec, path } of frames)
    if (await changesInMidStream(codec, await openAsBlob(path))) changing.add(stream);
  return changing;
}

interface Decoding {
  decodesVideo: boolean;
  decodesAudio: (audio: AudioFacts) => boolean;
}

function tracksOf(facts: Facts, { decodesVideo, decodesAudio }: Decoding, changing: Set<number>): CopiedTrack[] {
  const { video, audio, subtitles } = facts;
  return [
    ...(video ? [videoTrack(facts, video, decodesVideo)] : []),
    ...audio.map((one) => {
      const changes = changing.has(one.stream);
      return { stream: one.stream, ...(changes || decodesAudio(one) ? { decoded: decodedAudio(one, changes) } : {}) };
    }),
    // Subtitles go along so that their times stay in step with the video's, which the copy may move.
    ...subtitles.filter((track) => whyNotText(track.codec) === null).map(({ stream }) => ({ stream })),
  ];
}

/** Times that are not right are mended, unless the container is one whose clock may jump: there ffmpeg follows it. */
function videoTrack(
  { container }: Facts,
  { stream, codec, mended }: NonNullable<Facts["video"]>,
  isDecoded: boolean,
): CopiedTrack {
  if (isDecoded) return { stream, decoded: "video" };
  return {
    stream,
    ...(hasIndex(container) && mended.length > 0 ? { mended } : {}),
    // In a stream that begins in the middle, the first frame that can be decoded may not be marked as a key frame.
    ...(codec === "hevc" ? { fromFirstPacket: true } : {}),
  };
}
