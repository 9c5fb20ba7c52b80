/**
 * The plan: which renditions a video gets and where their segments begin and end, on one time grid for all. It is written
 * once per video (`make-plan.ts`); whoever encodes a part of it, now or after a restart or on another machine, cuts at the
 * same places. It changes only where a track turns out to be one that nobody can encode.
 */
import { z } from "zod";
import { accesses } from "./access.ts";
import { Colour } from "./colour.ts";
import { SubtitleFacts } from "./subtitles/facts.ts";

/** Raised when a plan of before would be read wrongly by the code of now. */
export const planVersion = 2;

const Seconds = z.number().nonnegative();

const VideoRendition = z.object({
  kind: z.literal("video"),
  name: z.string(),
  width: z.int(),
  height: z.int(),
  videoKbps: z.int(),
  maxrateKbps: z.int(),
  bufferKbps: z.int(),
  /** Constant, on x264's scale of CRF, below `maxrateKbps`; absent where the mean is `videoKbps`, as in plans of before. */
  quality: z.number().positive().optional(),
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

/** Groups that last longer, in seconds, are long. Encoders put key frames at most 10 s apart unless they are told not to. */
export const minLongGopSeconds = 30;

/**
 * A long group of pictures. A decoder that is to show a frame begins at the key frame before it; where that lies minutes
 * before, as in recordings with one key frame at their start, the way there takes longer than the encode. The plan says
 * where this is so, so that a task that has come far goes on there instead of being followed by one that begins anew.
 */
export const LongGop = z.object({
  /** Of its key frame, seconds from the start of the file. */
  startSeconds: z.number().nonnegative(),
  /** Of the next key frame, or the end of the video. */
  endSeconds: z.number().nonnegative(),
});
export type LongGop = z.infer<typeof LongGop>;

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

/**
 * The times at which segments begin: every so many seconds, the same for all renditions; and the ramp, by which the video's
 * first interval is cut once more, so that the first segments are made in no time.
 */
export interface Grid {
  /** Whole, so that every time base can express the boundaries. */
  segmentSeconds: number;
  /** Cuts within the video's first interval, in seconds, ascending. */
  ramp: number[];
}

/** Where on the grid a segment begins; frames before it belong to the segment before. */
export function gridSeconds({ segmentSeconds, ramp }: Grid, kind: "video" | "audio", index: number): number {
  const cuts = kind === "video" ? ramp : [];
  if (index === 0) return 0;
  return cuts[index - 1] ?? (index - cuts.length) * segmentSeconds;
}

/** The index of the segment in whose interval this time lies. */
export function gridIndex({ segmentSeconds, ramp }: Grid, kind: "video" | "audio", seconds: number): number {
  const cuts = kind === "video" ? ramp : [];
  const interval = Math.max(0, Math.floor(seconds / segmentSeconds));
  return interval === 0 ? cuts.filter((cut) => cut <= seconds).length : interval + cuts.length;
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

/** Frames a second; fewer are slides. */
export const leastRampFrameRate = 5;

/** The long group in which this time lies, without its key frame; null where it lies in none. */
export function longGopAt(longGops: LongGop[], seconds: number): LongGop | null {
  return longGops.find(({ startSeconds, endSeconds }) => startSeconds < seconds && seconds < endSeconds) ?? null;
}

/** Whether the way there from the key frame is as long as a group that is called long. */
export const isFar = (longGops: LongGop[], seconds: number): boolean =>
  passedSeconds(longGops, seconds) > minLongGopSeconds;

/** Seconds of video that a decoder passes before it comes to this time; 0 where that is no long group. */
export function passedSeconds(longGops: LongGop[], seconds: number): number {
  const gop = longGopAt(longGops, seconds);
  return gop ? seconds - gop.startSeconds : 0;
}

/** A part of a plan: consecutive segments of a set of renditions, made by one ffmpeg that decodes once. Never stored. */
export interface Chunk {
  kind: "video" | "audio";
  /** Names of the renditions, highest first. */
  renditions: string[];
  /** Index of the first segment. */
  first: number;
  /** Number of segments. */
  count: number;
}

/** Does the ledger have this segment? */
export type Has = (rendition: string, index: number) => boolean;

/**
 * Pieces of audio may begin only where a packet begins on the grid; elsewhere the muxer, which cuts at multiples of the
 * segment's length from the first packet, would cut a packet early or late. At 48 kHz that is every 8 s.
 */
export function audioUnit(plan: Plan): number {
  let unit = 1;
  while ((unit * plan.segmentSeconds) % 8 !== 0) unit++;
  return unit;
}

/**
 * The parts of a chunk that the ledger lacks: runs of segments that miss the same renditions. Audio is made in whole units;
 * what is there already of one is left alone when the rest is entered.
 */
export function missingOf(plan: Plan, chunk: Chunk, has: Has): Chunk[] {
  const step = chunk.kind === "audio" ? audioUnit(plan) : 1;
  const end = chunk.first + chunk.count;
  const parts: Chunk[] = [];
  for (let first = chunk.first; first < end; first += step) {
    const count = Math.min(step, end - first);
    const indexes = Array.from({ length: count }, (_, offset) => first + offset);
    const renditions = chunk.renditions.filter((rendition) => indexes.some((index) => !has(rendition, index)));
    if (renditions.length === 0) continue;
    const last = parts.at(-1);
    const continues = last && last.first + last.count === first && last.renditions.join() === renditions.join();
    if (continues) last.count += count;
    else parts.push({ kind: chunk.kind, renditions, first, count });
  }
  return parts;
}

/**
 * How many segments from this one on last as long as what a decoder passes before it, up to the next key frame. A chunk in a
 * long group of pictures is that long at least: so all chunks together pass no more than the video's length.
 */
export function passedCount(plan: Plan, first: number): number {
  const begin = gridSeconds(plan, "video", first);
  const gop = longGopAt(plan.video?.longGops ?? [], begin);
  if (!gop) return 0;
  const until = Math.min(gop.endSeconds, begin + begin - gop.startSeconds);
  const last = gridIndex(plan, "video", until);
  return last - first + (gridSeconds(plan, "video", last) < until ? 1 : 0);
}

/** So many segments are made when one is demanded: a player that asks for one goes on to the next. */
const demandedCount = 3;

/**
 * What to make for somebody who waits for a segment: the asked rendition from there on, as far as it is missing. Nothing is
 * encoded on the way there from a key frame that lies far before: that takes three to nine times as long as to decode alone.
 * Once there it goes on for as long as the way was, since each demand for what follows would have the same way.
 */
export function demandedChunk(plan: Plan, rendition: Rendition, index: number, has: Has): Chunk {
  if (rendition.kind === "audio") {
    const unit = audioUnit(plan);
    const first = index - (index % unit);
    return {
      kind: "audio",
      renditions: [rendition.name],
      first,
      count: Math.min(2 * unit, rendition.segmentCount - first),
    };
  }
  const most = Math.min(Math.max(demandedCount, passedCount(plan, index)), rendition.segmentCount - index);
  let count = 1;
  while (count < most && !has(rendition.name, index + count)) count++;
  return { kind: "video", renditions: [rendition.name], first: index, count };
}
