/**
 * The plan: which renditions a video gets and where their segments begin and end, on one time grid for all. A pure
 * function of facts and settings, written once per video; whoever encodes a part of it, now or after a restart or on another
 * machine, cuts at the same places. It changes only where a track turns out to be one that nobody can encode.
 */
import { z } from "zod";
import { accesses } from "./access.ts";
import { Colour } from "./colour.ts";
import type { Facts, PictureFacts, SoundFacts } from "./facts.ts";
import { type Grid, gridIndex, gridSeconds, leastRampFrameRate, rampFrom } from "./grid.ts";
import { avcCodec, h264Level } from "./h264-level.ts";
import { chooseRungs, qualityLabel } from "./ladder.ts";
import { LongGop } from "./long-gops.ts";
import { SubtitleFacts } from "./subtitles/facts.ts";

/** Raised when a plan of before would be read wrongly by the code of now. */
const planVersion = 1;

const Seconds = z.number().nonnegative();

const PictureRendition = z.object({
  kind: z.literal("picture"),
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
const SoundRendition = z.object({
  kind: z.literal("sound"),
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
  sound: z.array(z.object({ codec: z.string(), channels: z.int(), sampleRate: z.number() })),
});

export const Plan = z.object({
  version: z.literal(planVersion),
  source: SourceFacts.nullable().default(null),
  /** The grid: a segment begins at every multiple of this. Whole, so that every time base can express it. */
  segmentSeconds: z.int().positive(),
  /** Where the picture's first interval is cut once more, so that the first segments are made in no time; ascending. */
  ramp: z.array(z.int().positive()).default([]),
  picture: z
    .object({
      stream: z.int(),
      width: z.int(),
      height: z.int(),
      qualityLabel: z.string(),
      startSeconds: Seconds,
      endSeconds: Seconds,
      /** Where the source's picture begins; its first frame is held from 0 to there. */
      heldUntilSeconds: Seconds.optional(),
      /** Where the source's picture ends; its last frame is held from there to `endSeconds`. */
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
  /** Whether the streams of sound are those of a copy that holds them decoded, and not the source's. */
  soundIsDecoded: z.boolean().optional(),
  /** Highest rung first, sound last. */
  renditions: z.array(z.discriminatedUnion("kind", [PictureRendition, SoundRendition])),
  /** Names of the tracks that were taken out of `renditions`, because nobody can encode them. */
  dropped: z.array(z.string()).default([]),
  leftOut: z.array(z.object({ name: z.string(), width: z.int(), height: z.int(), reason: z.string() })),
  /** What cannot come out as people expect, a sentence each. */
  warnings: z.array(z.string()).default([]),
  /** All that the source has, those that cannot be made text among them. */
  subtitles: z.array(SubtitleFacts).default([]),
});
export type Plan = z.infer<typeof Plan>;
export type PictureRendition = z.infer<typeof PictureRendition>;
export type SoundRendition = z.infer<typeof SoundRendition>;
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
  const { rungs, leftOut } = facts.picture ? chooseRungs(facts.picture, networkSpeed) : { rungs: [], leftOut: [] };
  const sourceRate = facts.picture?.frameRate ?? 0;
  const cappedFrameRate = sourceRate > highestFrameRate + 0.5;
  const frameRate = cappedFrameRate ? highestFrameRate : facts.picture ? Math.max(sourceRate, lowestFrameRate) : 0;
  const shown = facts.picture && heldPicture(facts.picture, facts.sound);
  const pictureEnd = shown?.endSeconds ?? 0;
  const ramp = shown ? rampFrom(shown.startSeconds, frameRate, segmentSeconds) : [];
  const grid = { segmentSeconds, ramp };
  const pictureSegments = pictureSegmentCount(grid, pictureEnd, frameRate);

  const renditions: Rendition[] = rungs.map((rung) => {
    const levelIdc = h264Level({ ...rung, frameRate });
    const { name, width, height, videoKbps, maxrateKbps, bufferKbps } = rung;
    const rates = { videoKbps, maxrateKbps, bufferKbps };
    const codec = avcCodec(levelIdc);
    return { kind: "picture", name, width, height, ...rates, levelIdc, codec, segmentCount: pictureSegments };
  });
  const kbps = rungs[0]?.audioKbps ?? 192;
  for (const [position, heard] of defaultFirst(facts.sound).entries()) {
    const { stream, language, title, channels, layout } = heard;
    const isShort = pictureEnd - heard.endSeconds >= leastUnevenSeconds;
    const endSeconds = isShort ? pictureEnd : heard.endSeconds;
    renditions.push({
      kind: "sound",
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
      segmentCount: soundSegmentCount(endSeconds, segmentSeconds),
    });
  }
  return {
    version: planVersion,
    source: {
      container: facts.container,
      codec: facts.picture?.codec ?? null,
      pixelFormat: facts.picture?.pixelFormat ?? null,
      sound: facts.sound.map(({ codec, channels, sampleRate }) => ({ codec, channels, sampleRate })),
    },
    ...grid,
    picture: facts.picture &&
      shown && {
        ...shown,
        stream: facts.picture.stream,
        width: facts.picture.width,
        height: facts.picture.height,
        qualityLabel: qualityLabel(facts.picture),
        isInterlaced: facts.picture.isInterlaced,
        x264Build: facts.picture.x264Build,
        colour: facts.picture.colour,
        frameRate,
        variableFrameRate: facts.picture.variableFrameRate,
        cappedFrameRate,
        timescale: facts.picture.variableFrameRate
          ? mpegTimescale
          : fineTimescale(cappedFrameRate ? highestFrameRate : facts.picture.frameRateNumerator),
        longGops: facts.picture.longGops,
        longestFrameSeconds: facts.picture.longestFrameSeconds,
      },
    renditions,
    dropped: [],
    leftOut,
    warnings: facts.warnings,
    subtitles: facts.subtitles,
  };
}

/**
 * Where picture and sound end so far apart, in seconds, the shorter one is held or goes on in silence: a player that waits
 * for both would stand still. For less it has all of both before it gets there, and plays on by itself.
 */
const leastUnevenSeconds = 5;

/** Later than this, in seconds, a picture is no more taken for beginning with the sound. */
const leastLateSeconds = 0.1;

/** Where the picture of the renditions begins and ends: with the sound where the two are far apart. */
function heldPicture({ startSeconds, endSeconds }: PictureFacts, sound: SoundFacts[]) {
  const isLate = sound.length > 0 && startSeconds >= leastLateSeconds;
  const soundEnd = Math.max(0, ...sound.map((one) => one.endSeconds));
  const isShort = soundEnd - endSeconds >= leastUnevenSeconds;
  return {
    startSeconds: isLate ? 0 : startSeconds,
    ...(isLate ? { heldUntilSeconds: startSeconds } : {}),
    endSeconds: isShort ? soundEnd : endSeconds,
    ...(isShort ? { heldFromSeconds: endSeconds } : {}),
  };
}

/** The track that plays when nobody chooses, then the others in the file's order. */
function defaultFirst(sound: SoundFacts[]): SoundFacts[] {
  const first = sound.find((one) => one.isDefault) ?? sound[0];
  return first ? [first, ...sound.filter((one) => one !== first)] : [];
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
function pictureSegmentCount(grid: Grid, endSeconds: number, frameRate: number): number {
  const shortestSeconds = Math.min(2.5 / (frameRate || 25), 0.25);
  return gridIndex(grid, "picture", Math.max(0, endSeconds - shortestSeconds + roundingSeconds)) + 1;
}

/** A rest of sound shorter than this is left out: it would be a segment of one or two packets. */
const leastSoundSeconds = 0.05;

function soundSegmentCount(endSeconds: number, segmentSeconds: number): number {
  return Math.max(1, Math.ceil((endSeconds - leastSoundSeconds) / segmentSeconds));
}

/** All sound is resampled to this rate, in Hz, so that pieces of it meet between the same two packets everywhere. */
export const soundSampleRate = 48_000;
/** Samples in a packet of AAC-LC (ISO/IEC 14496-3). */
export const samplesPerPacket = 1024;

/** A sound segment may begin or end this far from the grid, in seconds: it consists of whole packets. */
export const soundSlackSeconds = 0.05;

/** The first packet of a sound segment: the first that begins on the grid or after it. */
export function firstPacket(plan: Plan, index: number): number {
  return Math.ceil((gridSeconds(plan, "sound", index) * soundSampleRate) / samplesPerPacket);
}

/** When segment `index` of a rendition should begin and end, in seconds from the start of the file. */
export function segmentSpan(
  plan: Plan,
  rendition: Rendition,
  index: number,
): { startSeconds: number; endSeconds: number } {
  const isSound = rendition.kind === "sound";
  const begin = gridSeconds(plan, rendition.kind, index);
  const startSeconds = Math.max(begin, isSound ? 0 : (plan.picture?.startSeconds ?? 0));
  const renditionEnd = isSound ? rendition.endSeconds : (plan.picture?.endSeconds ?? 0);
  const isLastPicture = !isSound && index === rendition.segmentCount - 1;
  const end = isLastPicture ? renditionEnd : Math.min(gridSeconds(plan, rendition.kind, index + 1), renditionEnd);
  return { startSeconds, endSeconds: Math.max(startSeconds, end) };
}

/**
 * True where every segment of the picture begins and ends on the grid, because the frame that is shown at a boundary is
 * shown there again: else a pause would leave intervals without a frame. A constant rate keeps exactly its own frames,
 * unless it is so low that whole intervals pass between two of them.
 */
export function repeatsAtBoundaries(picture: Pick<NonNullable<Plan["picture"]>, "variableFrameRate" | "frameRate">) {
  return picture.variableFrameRate || picture.frameRate < leastRampFrameRate;
}

/**
 * How long segment `index` will be, in seconds, before it is made: the frames or packets that begin in its interval, or the
 * interval itself where frames are repeated at its boundaries.
 */
export function plannedSeconds(plan: Plan, rendition: Rendition, index: number): number {
  const { startSeconds, endSeconds } = segmentSpan(plan, rendition, index);
  const isLast = index === rendition.segmentCount - 1;
  if (rendition.kind === "sound") {
    const packets = firstPacket(plan, index + 1) - firstPacket(plan, index);
    return isLast ? endSeconds - startSeconds : (packets * samplesPerPacket) / soundSampleRate;
  }
  if (!plan.picture || repeatsAtBoundaries(plan.picture)) return endSeconds - startSeconds;
  const { frameRate, startSeconds: origin } = plan.picture;
  const firstFrame = (at: number) => Math.max(0, Math.ceil((at - origin) * frameRate - 1e-6));
  const begin = firstFrame(gridSeconds(plan, "picture", index));
  const end = isLast
    ? Math.round((endSeconds - origin) * frameRate)
    : firstFrame(gridSeconds(plan, "picture", index + 1));
  return Math.max(1, end - begin) / frameRate;
}

/** When the first frame or packet of segment `index` is shown, in seconds, before it is made; see `plannedSeconds`. */
export function plannedStartSeconds(plan: Plan, rendition: Rendition, index: number): number {
  if (rendition.kind === "sound") return (firstPacket(plan, index) * samplesPerPacket) / soundSampleRate;
  const { startSeconds } = segmentSpan(plan, rendition, index);
  if (!plan.picture || repeatsAtBoundaries(plan.picture)) return startSeconds;
  const { frameRate, startSeconds: origin } = plan.picture;
  return origin + Math.ceil((startSeconds - origin) * frameRate - 1e-6) / frameRate;
}

/**
 * The plan without a track of sound that nobody can encode; null where it is all that there is. A picture is never taken out:
 * without it a video is not what people expect.
 *
 * @param reason a sentence without a full stop, for people
 */
export function withoutTrack(plan: Plan, name: string, reason: string): Plan | null {
  const track = soundRenditions(plan).find((sound) => sound.name === name);
  if (!track) return plan;
  const renditions = plan.renditions.filter((one) => one !== track);
  if (renditions.length === 0) return null;
  const warning = `The sound track ${name}${track.language ? ` (${track.language})` : ""} is left out. ${reason}`;
  return { ...plan, renditions, dropped: [...plan.dropped, name], warnings: [...plan.warnings, warning] };
}

/** The renditions with a picture, highest first. */
export const pictureRenditions = (plan: Plan): PictureRendition[] =>
  plan.renditions.filter((rendition) => rendition.kind === "picture");

/** The renditions with sound. */
export const soundRenditions = (plan: Plan): SoundRendition[] =>
  plan.renditions.filter((rendition) => rendition.kind === "sound");

/** Seconds from the start of the file to the end of the picture or of the sound, whichever is later. */
export function wholeSeconds(plan: Plan): number {
  return Math.max(plan.picture?.endSeconds ?? 0, ...soundRenditions(plan).map((sound) => sound.endSeconds));
}
