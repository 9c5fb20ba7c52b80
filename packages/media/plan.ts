/**
 * The plan: which renditions a video gets and where their segments begin and end, on one time grid for all. A pure
 * function of facts and settings, written once per video; whoever encodes a part of it, now or after a restart or on another
 * machine, cuts at the same places. It changes only where a track turns out to be one that nobody can encode.
 */
import { z } from "zod";
import { accesses } from "./access.ts";
import { Colour } from "./colour.ts";
import type { AudioFacts, Facts, VideoFacts } from "./facts.ts";
import { type Grid, gridIndex, gridSeconds, leastRampFrameRate, rampFrom } from "./grid.ts";
import { avcCodec, h264Level } from "./h264-level.ts";
import { chooseRungs, qualityLabel } from "./ladder.ts";
import { LongGop } from "./long-gops.ts";
import { SubtitleFacts } from "./subtitles/facts.ts";

/** Raised when a plan of before would be read wrongly by the code of now. */
const planVersion = 2;

const Seconds = z.number().nonnegative();

const VideoRendition = z.object({
  kind: z.literal("video"),
  name: z.string(),
  width: z.int(),
  height: z.int(),
  videoKbps: z.int(),
  maxrateKbps: z.int(),
  bufferKbps: z.int(),
  levelIdc: z.int(),
  codec: z.string(),
  segmentCount: z.int(),
});
const AudioRendition = z.object({
  kind: z.literal("audio"),
  name: z.string(),
  stream: z.int(),
  kbps: z.int(),
  codec: z.string(),
  language: z.string().nullable(),
  title: z.string().nullable().default(null),
  channels: z.int().default(2),
  /** ffmpeg's name of the source's channel layout. */
  layout: z.string().optional(),
  /** Where the track ends; silence follows up to `endSeconds`. Absent where it goes on to the end. */
  silentFromSeconds: Seconds.optional(),
  endSeconds: Seconds,
  segmentCount: z.int(),
});

/** What people are told of the source; nothing is decided by it. */
const SourceFacts = z.object({
  /** ffprobe's list of names. */
  container: z.string(),
  codec: z.string().nullable(),
  pixelFormat: z.string().nullable(),
  audio: z.array(z.object({ codec: z.string(), channels: z.int(), sampleRate: z.number() })),
});

export const Plan = z.object({
  version: z.literal(planVersion),
  source: SourceFacts.nullable().default(null),
  /** The grid: a segment begins at every multiple of this. Whole, so that every time base can express it. */
  segmentSeconds: z.int().positive(),
  /** Where the video's first interval is cut once more, so that the first segments are made in no time; ascending. */
  ramp: z.array(z.int().positive()).default([]),
  video: z
    .object({
      stream: z.int(),
      width: z.int(),
      height: z.int(),
      qualityLabel: z.string(),
      startSeconds: Seconds,
      endSeconds: Seconds,
      /** Where the source's video begins; its first frame is held from 0 to there. */
      heldUntilSeconds: Seconds.optional(),
      /** Where the source's video ends; its last frame is held from there to `endSeconds`. */
      heldFromSeconds: Seconds.optional(),
      isInterlaced: z.boolean().default(false),
      x264Build: z.int().nullable().default(null),
      colour: Colour.default({ range: "standard", matrix: "bt709", isFullSwing: false }),
      /** The highest of the renditions: the source's, or 60 where that has more. */
      frameRate: z.number(),
      variableFrameRate: z.boolean(),
      cappedFrameRate: z.boolean(),
      /** Ticks a second of the renditions' time stamps. */
      timescale: z.int(),
      /** Where the source has no key frame for long. */
      longGops: z.array(LongGop).default([]),
      /** At most so long is one frame of the source shown; 0 where it is not known. */
      longestFrameSeconds: Seconds.default(0),
    })
    .nullable(),
  /** How frames are taken; absent in plans of before, which copied what has no index. */
  access: z.enum(accesses).optional(),
  /** Whether the streams of audio are those of a copy that holds them decoded, and not the source's. */
  audioIsDecoded: z.boolean().optional(),
  /** Highest rung first, audio last. */
  renditions: z.array(z.discriminatedUnion("kind", [VideoRendition, AudioRendition])),
  /** Names of the tracks that were taken out of `renditions`, because nobody can encode them. */
  dropped: z.array(z.string()).default([]),
  leftOut: z.array(z.object({ name: z.string(), width: z.int(), height: z.int(), reason: z.string() })),
  /** What cannot come out as people expect, a sentence each. */
  warnings: z.array(z.string()).default([]),
  /** All that the source has, those that cannot be made text among them. */
  subtitles: z.array(SubtitleFacts).default([]),
});
export type Plan = z.infer<typeof Plan>;
export type VideoRendition = z.infer<typeof VideoRendition>;
export type AudioRendition = z.infer<typeof AudioRendition>;
export type Rendition = Plan["renditions"][number];

export interface PlanSettings {
  /** Whole seconds, so that every time base can express the boundaries exactly. */
  segmentSeconds: number;
  /** Mbit/s. */
  networkSpeed: number;
}

const highestFrameRate = 60;
/** Of what is told of slides, which have more frames than their source where boundaries repeat them. */
const lowestFrameRate = 1;

/** Makes the plan of a video. */
export function makePlan(facts: Facts, settings: PlanSettings): Plan {
  const { segmentSeconds, networkSpeed } = settings;
  const { rungs, leftOut } = facts.video ? chooseRungs(facts.video, networkSpeed) : { rungs: [], leftOut: [] };
  const sourceRate = facts.video?.frameRate ?? 0;
  const cappedFrameRate = sourceRate > highestFrameRate + 0.5;
  const frameRate = cappedFrameRate ? highestFrameRate : facts.video ? Math.max(sourceRate, lowestFrameRate) : 0;
  const shown = facts.video && heldVideo(facts.video, facts.audio);
  const videoEnd = shown?.endSeconds ?? 0;
  const ramp = shown ? rampFrom(shown.startSeconds, frameRate, segmentSeconds) : [];
  const grid = { segmentSeconds, ramp };
  const videoSegments = videoSegmentCount(grid, videoEnd, frameRate);

  const renditions: Rendition[] = rungs.map((rung) => {
    const levelIdc = h264Level({ ...rung, frameRate });
    const { name, width, height, videoKbps, maxrateKbps, bufferKbps } = rung;
    const rates = { videoKbps, maxrateKbps, bufferKbps };
    const codec = avcCodec(levelIdc);
    return { kind: "video", name, width, height, ...rates, levelIdc, codec, segmentCount: videoSegments };
  });
  const kbps = rungs[0]?.audioKbps ?? 192;
  for (const [position, heard] of defaultFirst(facts.audio).entries()) {
    const { stream, language, title, channels, layout } = heard;
    const isShort = videoEnd - heard.endSeconds >= leastUnevenSeconds;
    const endSeconds = isShort ? videoEnd : heard.endSeconds;
    renditions.push({
      kind: "audio",
      name: position === 0 ? "audio" : `audio-${position + 1}`,
      stream,
      kbps,
      codec: "mp4a.40.2",
      language,
      title,
      channels,
      ...(layout === undefined ? {} : { layout }),
      ...(isShort ? { silentFromSeconds: heard.endSeconds } : {}),
      endSeconds,
      segmentCount: audioSegmentCount(endSeconds, segmentSeconds),
    });
  }
  return {
    version: planVersion,
    source: {
      container: facts.container,
      codec: facts.video?.codec ?? null,
      pixelFormat: facts.video?.pixelFormat ?? null,
      audio: facts.audio.map(({ codec, channels, sampleRate }) => ({ codec, channels, sampleRate })),
    },
    ...grid,
    video: facts.video &&
      shown && {
        ...shown,
        stream: facts.video.stream,
        width: facts.video.width,
        height: facts.video.height,
        qualityLabel: qualityLabel(facts.video),
        isInterlaced: facts.video.isInterlaced,
        x264Build: facts.video.x264Build,
        colour: facts.video.colour,
        frameRate,
        variableFrameRate: facts.video.variableFrameRate,
        cappedFrameRate,
        timescale: facts.video.variableFrameRate
          ? mpegTimescale
          : fineTimescale(cappedFrameRate ? highestFrameRate : facts.video.frameRateNumerator),
        longGops: facts.video.longGops,
        longestFrameSeconds: facts.video.longestFrameSeconds,
      },
    renditions,
    dropped: [],
    leftOut,
    warnings: facts.warnings,
    subtitles: facts.subtitles,
  };
}

/**
 * Where video and audio end so far apart, in seconds, the shorter one is held or goes on in silence: a player that waits
 * for both would stand still. For less it has all of both before it gets there, and plays on by itself.
 */
const leastUnevenSeconds = 5;

/** Later than this, in seconds, a video is no longer taken for beginning with the audio. */
const leastLateSeconds = 0.1;

/** Where the video of the renditions begins and ends: with the audio where the two are far apart. */
function heldVideo({ startSeconds, endSeconds }: VideoFacts, audio: AudioFacts[]) {
  const isLate = audio.length > 0 && startSeconds >= leastLateSeconds;
  const audioEnd = Math.max(0, ...audio.map((one) => one.endSeconds));
  const isShort = audioEnd - endSeconds >= leastUnevenSeconds;
  return {
    startSeconds: isLate ? 0 : startSeconds,
    ...(isLate ? { heldUntilSeconds: startSeconds } : {}),
    endSeconds: isShort ? audioEnd : endSeconds,
    ...(isShort ? { heldFromSeconds: endSeconds } : {}),
  };
}

/** The track that plays when nobody chooses, then the others in the file's order. */
function defaultFirst(audio: AudioFacts[]): AudioFacts[] {
  const first = audio.find((one) => one.isDefault) ?? audio[0];
  return first ? [first, ...audio.filter((one) => one !== first)] : [];
}

const mpegTimescale = 90_000;

/** A multiple of the frame rate's numerator: exact for every frame, and fine enough for a start that is off its grid. */
function fineTimescale(frameRateNumerator: number): number {
  let timescale = frameRateNumerator;
  while (timescale < 20_000) timescale *= 2;
  return timescale;
}

const roundingSeconds = 1e-6;

/** An interval for each boundary before the end; a last one of a frame or two joins the one before it. */
function videoSegmentCount(grid: Grid, endSeconds: number, frameRate: number): number {
  const shortestSeconds = Math.min(2.5 / (frameRate || 25), 0.25);
  return gridIndex(grid, "video", Math.max(0, endSeconds - shortestSeconds + roundingSeconds)) + 1;
}

/** A rest of audio shorter than this is left out: it would be a segment of one or two packets. */
const leastAudioSeconds = 0.05;

function audioSegmentCount(endSeconds: number, segmentSeconds: number): number {
  return Math.max(1, Math.ceil((endSeconds - leastAudioSeconds) / segmentSeconds));
}

/** All audio is resampled to this rate, in Hz, so that pieces of it meet between the same two packets everywhere. */
export const audioSampleRate = 48_000;
/** Samples in a packet of AAC-LC (ISO/IEC 14496-3). */
export const samplesPerPacket = 1024;

/** An audio segment may begin or end this far from the grid, in seconds: it consists of whole packets. */
export const audioSlackSeconds = 0.05;

/** The first packet of an audio segment: the first that begins on the grid or after it. */
export function firstPacket(plan: Plan, index: number): number {
  return Math.ceil((gridSeconds(plan, "audio", index) * audioSampleRate) / samplesPerPacket);
}

/** When segment `index` of a rendition should begin and end, in seconds from the start of the file. */
export function segmentSpan(
  plan: Plan,
  rendition: Rendition,
  index: number,
): { startSeconds: number; endSeconds: number } {
  const isAudio = rendition.kind === "audio";
  const begin = gridSeconds(plan, rendition.kind, index);
  const startSeconds = Math.max(begin, isAudio ? 0 : (plan.video?.startSeconds ?? 0));
  const renditionEnd = isAudio ? rendition.endSeconds : (plan.video?.endSeconds ?? 0);
  const isLastVideo = !isAudio && index === rendition.segmentCount - 1;
  const end = isLastVideo ? renditionEnd : Math.min(gridSeconds(plan, rendition.kind, index + 1), renditionEnd);
  return { startSeconds, endSeconds: Math.max(startSeconds, end) };
}

/**
 * True where every segment of the video begins and ends on the grid, because the frame that is shown at a boundary is
 * shown there again: else a pause would leave intervals without a frame. A constant rate keeps exactly its own frames,
 * unless it is so low that whole intervals pass between two of them.
 */
export function repeatsAtBoundaries(video: Pick<NonNullable<Plan["video"]>, "variableFrameRate" | "frameRate">) {
  return video.variableFrameRate || video.frameRate < leastRampFrameRate;
}

/**
 * How long segment `index` will be, in seconds, before it is made: the frames or packets that begin in its interval, or the
 * interval itself where frames are repeated at its boundaries.
 */
export function plannedSeconds(plan: Plan, rendition: Rendition, index: number): number {
  const { startSeconds, endSeconds } = segmentSpan(plan, rendition, index);
  const isLast = index === rendition.segmentCount - 1;
  if (rendition.kind === "audio") {
    const packets = firstPacket(plan, index + 1) - firstPacket(plan, index);
    return isLast ? endSeconds - startSeconds : (packets * samplesPerPacket) / audioSampleRate;
  }
  if (!plan.video || repeatsAtBoundaries(plan.video)) return endSeconds - startSeconds;
  const { frameRate, startSeconds: origin } = plan.video;
  const firstFrame = (at: number) => Math.max(0, Math.ceil((at - origin) * frameRate - 1e-6));
  const begin = firstFrame(gridSeconds(plan, "video", index));
  const end = isLast
    ? Math.round((endSeconds - origin) * frameRate)
    : firstFrame(gridSeconds(plan, "video", index + 1));
  return Math.max(1, end - begin) / frameRate;
}

/** When the first frame or packet of segment `index` is shown, in seconds, before it is made; see `plannedSeconds`. */
export function plannedStartSeconds(plan: Plan, rendition: Rendition, index: number): number {
  if (rendition.kind === "audio") return (firstPacket(plan, index) * samplesPerPacket) / audioSampleRate;
  const { startSeconds } = segmentSpan(plan, rendition, index);
  if (!plan.video || repeatsAtBoundaries(plan.video)) return startSeconds;
  const { frameRate, startSeconds: origin } = plan.video;
  return origin + Math.ceil((startSeconds - origin) * frameRate - 1e-6) / frameRate;
}

/**
 * The plan without an audio track that nobody can encode; null where it is all that there is. A video is never taken out:
 * without it a video is not what people expect.
 *
 * @param reason a sentence without a full stop, for people
 */
export function withoutTrack(plan: Plan, name: string, reason: string): Plan | null {
  const track = audioRenditions(plan).find((audio) => audio.name === name);
  if (!track) return plan;
  const renditions = plan.renditions.filter((one) => one !== track);
  if (renditions.length === 0) return null;
  const warning = `The audio track ${name}${track.language ? ` (${track.language})` : ""} is left out. ${reason}`;
  return { ...plan, renditions, dropped: [...plan.dropped, name], warnings: [...plan.warnings, warning] };
}

/** The renditions with a video, highest first. */
export const videoRenditions = (plan: Plan): VideoRendition[] =>
  plan.renditions.filter((rendition) => rendition.kind === "video");

/** The renditions with audio. */
export const audioRenditions = (plan: Plan): AudioRendition[] =>
  plan.renditions.filter((rendition) => rendition.kind === "audio");

/** Seconds from the start of the file to the end of the video or of the audio, whichever is later. */
export function wholeSeconds(plan: Plan): number {
  return Math.max(plan.video?.endSeconds ?? 0, ...audioRenditions(plan).map((audio) => audio.endSeconds));
}
