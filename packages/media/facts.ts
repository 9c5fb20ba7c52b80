/**
 * What ffprobe says of a source, validated and brought into one frame of reference: times count from the start of the
 * file (as `-copyts -start_at_zero` has them), sizes are those of square pixels after rotation. Whatever is decided
 * about a video is decided from these facts alone.
 */
import { z } from "zod";
import { type Access, accessTo, accessToAudio } from "./access.ts";
import { maxChannels, stereoMix } from "./audio-command.ts";
import { type Colour, colourOf } from "./colour.ts";
import type { LongGop } from "./plan.ts";
import { type SubtitleFacts, subtitleFactsOf } from "./subtitles/facts.ts";
import type { MendedTime } from "./wrong-times.ts";

export interface Facts {
  /** ffprobe's list of names for the container, such as `mov,mp4,m4a,3gp,3g2,mj2`. */
  container: string;
  /** Whether frames, or audio where there are none, are taken from the source itself; see `access.ts`. */
  access: Access;
  /** True where a stream begins so late that ffmpeg has to be told to look further; see `deepInput` in `probe.ts`. */
  needsDeepProbe?: true;
  video: VideoFacts | null;
  /** Every track that can be decoded, in the file's order. */
  audio: AudioFacts[];
  /** What cannot come out as people expect, a sentence each. */
  warnings: string[];
  subtitles: SubtitleFacts[];
}

export interface VideoFacts {
  /** ffmpeg's number of the stream. */
  stream: number;
  codec: string;
  /** What a person sees: square pixels, upright. */
  width: number;
  height: number;
  /**
   * Frames a second: the nominal rate, or the average where the two are more than 1% apart; where the packets were looked
   * at, the constant rate or the highest over any second.
   */
  frameRate: number;
  /** Of the nominal rate, such as 24000 of 24000/1001: a multiple of it as time base expresses every frame exactly. */
  frameRateNumerator: number;
  /** True where frames may come at unequal distances. */
  variableFrameRate: boolean;
  /** True where an index of MP4 or MOV has one distance for all frames. */
  isConstantByIndex: boolean;
  /** Frames that the decoder holds back to put them in order. */
  reorderedFrames: number;
  /** True where frames may be two fields of different moments. */
  isInterlaced: boolean;
  colour: Colour;
  /** ffmpeg's name, such as `yuv420p`. */
  pixelFormat: string;
  /** Version of the x264 that made it, where the decoder must be told: see `probe.ts`. */
  x264Build: number | null;
  /** Seconds from the start of the file. */
  startSeconds: number;
  /** Where the last frame begins; null where it was not looked for. */
  lastSeconds: number | null;
  /** Time stamps that cannot be right, and what is taken in their place; such a source is copied once. */
  mended: MendedTime[];
  /** How many time stamps cannot be right, those included that are mended. */
  wrongTimes: number;
  longGops: LongGop[];
  /** Between two frames at most; 0 where it was not looked for. */
  longestFrameSeconds: number;
  endSeconds: number;
}

export interface AudioFacts {
  stream: number;
  codec: string;
  channels: number;
  /** ffmpeg's name, such as `5.1(side)`; absent where none is told. */
  layout?: string;
  /** Hz. */
  sampleRate: number;
  language: string | null;
  /** What the file calls the track. */
  title: string | null;
  isDefault: boolean;
  startSeconds: number;
  endSeconds: number;
}

const Numeric = z.coerce.number().optional().catch(undefined);

const Stream = z.object({
  index: z.number(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  pix_fmt: z.string().optional(),
  sample_fmt: z.string().optional(),
  field_order: z.string().optional(),
  has_b_frames: z.int().optional(),
  color_range: z.string().optional(),
  color_space: z.string().optional(),
  color_transfer: z.string().optional(),
  color_primaries: z.string().optional(),
  sample_aspect_ratio: z.string().optional(),
  r_frame_rate: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  nb_frames: Numeric,
  start_time: Numeric,
  duration: Numeric,
  channels: z.number().optional(),
  channel_layout: z.string().optional(),
  sample_rate: Numeric,
  disposition: z
    .object({
      default: z.number().optional(),
      forced: z.number().optional(),
      attached_pic: z.number().optional(),
      timed_thumbnails: z.number().optional(),
    })
    .optional(),
  tags: z.record(z.string(), z.string()).optional(),
  side_data_list: z
    .array(z.looseObject({ rotation: Numeric, dv_profile: Numeric, dv_bl_signal_compatibility_id: Numeric }))
    .optional(),
});

/**
 * What ffprobe is asked for (`-show_entries`): the fields above and no others. Everything else that a file says of itself
 * may be of any size and is never printed. Tags are found in any case.
 */
export const usedEntries = [
  "format=format_name,start_time,duration,size",
  `stream=${Object.keys(Stream.shape)
    .filter((key) => !/^(disposition|tags|side_data_list)$/.test(key))
    .join()}`,
  "stream_disposition=default,forced,attached_pic,timed_thumbnails",
  "stream_tags=language,title",
  "stream_side_data=rotation,dv_profile,dv_bl_signal_compatibility_id",
].join(":");

/** The answer to `-show_entries usedEntries -of flat`, parsed by `parseFlat`. */
export const ProbeOutput = z.object({
  streams: z.array(Stream).default([]),
  format: z.object({ format_name: z.string(), start_time: Numeric, duration: Numeric, size: Numeric }),
});
export type ProbeOutput = z.infer<typeof ProbeOutput>;
type Stream = z.infer<typeof Stream>;

/**
 * ffprobe's flat format, a value a line (`streams.stream.0.tags.title="a \\"b\\""`), as the nested object that its JSON would
 * be. Unlike JSON it can be read where a line was cut: such a value is as long as what is left of it.
 */
export function parseFlat(lines: string[]): unknown {
  const root: Branch = new Map();
  for (const line of lines) {
    const [, path = "", text = ""] = /^([\w.]+)=(.*)$/s.exec(line) ?? [];
    if (/^"(N\/A|unknown)"$/.test(text) && !path.includes(".tags.")) continue;
    // `streams.stream.0` and `side_data_list.side_data.0` are lists; the name of their elements says nothing.
    const keys = path.replaceAll(/\b(streams|side_data_list)\.\w+\./g, "$1.").split(".");
    const last = keys.pop() ?? "";
    let branch = root;
    for (const key of keys) {
      const next = branch.get(key) ?? new Map();
      branch.set(key, next);
      branch = next;
    }
    branch.set(path.includes(".tags.") ? last.toLowerCase() : last, flatValue(text));
  }
  return plainOf(root);
}

// biome-ignore lint/suspicious/noExplicitAny: a tree of maps whose leaves are text and numbers; zod looks at it next
type Branch = Map<string, any>;

/** Escapes of the flat format; all others stand for themselves. */
const flatEscapes: Record<string, string> = { n: "\n", r: "\r" };

function flatValue(text: string): string | number {
  if (!text.startsWith('"')) return Number(text);
  const isWhole = text.length > 1 && text.endsWith('"');
  return text.slice(1, isWhole ? -1 : undefined).replaceAll(/\\(.)/gs, (_, next: string) => flatEscapes[next] ?? next);
}

/** Branches with numbers for keys become lists. */
function plainOf(value: unknown): unknown {
  if (!(value instanceof Map)) return value;
  const entries = [...value].map(([key, one]) => [key, plainOf(one)] as const);
  const isList = entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key));
  return isList ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

/**
 * Facts from ffprobe's answer. Durations that a container only claims are taken as they are; `probe.ts` replaces the
 * video's end where it can be measured.
 */
export function factsOf({ streams, format }: ProbeOutput): Facts {
  const origin = format.start_time ?? 0;
  const span = (stream: Stream) => {
    const startSeconds = Math.max(0, (stream.start_time ?? origin) - origin);
    const endSeconds = stream.duration === undefined ? (format.duration ?? 0) : startSeconds + stream.duration;
    return { startSeconds, endSeconds };
  };
  const videos = streams.filter((stream) => isVideo(stream));
  const moving = videos.filter((stream) => !stillCodecs.test(stream.codec_name ?? ""));
  const candidates = moving.length > 0 ? moving : videos;
  const video = candidates.find((stream) => stream.disposition?.default === 1) ?? candidates[0];
  const audios = streams.filter((stream) => isAudio(stream));
  return {
    container: format.format_name,
    access: video ? accessTo(format.format_name, video.codec_name ?? "unknown") : accessToAudio(format.format_name),
    video: video
      ? { ...videoOf(video), isConstantByIndex: isConstantByIndex(video, streams, format), ...span(video) }
      : null,
    audio: audios.map((stream) => ({
      stream: stream.index,
      codec: stream.codec_name ?? "unknown",
      channels: stream.channels ?? 0,
      ...(isKnown(stream.channel_layout) ? { layout: stream.channel_layout } : {}),
      sampleRate: stream.sample_rate ?? 0,
      language: languageOf(stream),
      title: stream.tags?.title ?? null,
      isDefault: stream.disposition?.default === 1,
      ...span(stream),
    })),
    warnings: [
      ...streams.flatMap(warningsOfUndecodable),
      ...streams.flatMap(warningsOfChannels),
      ...(video ? warningsOfColour(video) : []),
    ],
    subtitles: subtitleFactsOf(streams),
  };
}

function languageOf({ tags }: Stream): string | null {
  return tags?.language && tags.language !== "und" ? tags.language : null;
}

/** Codecs of still images: covers that nobody marked as such. */
const stillCodecs = /^(png|bmp|gif|tiff|webp|mjpeg)$/;

/** ffprobe has decoded a frame, or it would not know the format of its pixels. */
function isVideo(stream: Stream): boolean {
  const hasSize = (stream.width ?? 0) > 0 && (stream.height ?? 0) > 0;
  return isMovingVideo(stream) && hasSize && isKnown(stream.pix_fmt);
}

function isMovingVideo({ codec_type, disposition }: Stream): boolean {
  return codec_type === "video" && disposition?.attached_pic !== 1 && disposition?.timed_thumbnails !== 1;
}

function isAudio(stream: Stream): boolean {
  const { channels = 0 } = stream;
  return isDecodableAudio(stream) && channels <= maxChannels;
}

function isDecodableAudio({ codec_type, channels = 0, sample_fmt }: Stream): boolean {
  return codec_type === "audio" && channels > 0 && isKnown(sample_fmt);
}

const isKnown = (name: string | undefined): name is string => name !== undefined && name !== "unknown";

/** True where a stream's codec is known and what it is like is not: none of its packets was seen, or none that tells. */
export function lacksParameters({ streams }: ProbeOutput): boolean {
  return streams.some((stream) => {
    const isUnknown = stream.codec_name === undefined || stream.codec_name === "unknown";
    if (isUnknown) return false;
    return (isMovingVideo(stream) && !isVideo(stream)) || (stream.codec_type === "audio" && !isDecodableAudio(stream));
  });
}

/** Tracks that stay out because nothing here can decode them. */
function warningsOfUndecodable(stream: Stream): string[] {
  const isMute = stream.codec_type === "audio" && !isDecodableAudio(stream);
  const isOut = (isMovingVideo(stream) && !isVideo(stream)) || isMute;
  if (!isOut) return [];
  const kind = stream.codec_type === "audio" ? "audio" : "video";
  return [`Track ${stream.index} (${kind}, ${codecName(stream)}) is left out: it cannot be decoded`];
}

/** Channels that are not heard. */
function warningsOfChannels(stream: Stream): string[] {
  if (!isDecodableAudio(stream)) return [];
  const { channels = 0, channel_layout } = stream;
  const track = `Track ${stream.index} (audio, ${codecName(stream)})`;
  if (channels > maxChannels)
    return [`${track} is left out: it has ${channels} channels, and at most ${maxChannels} can be mixed`];
  if (stereoMix({ channels, layout: isKnown(channel_layout) ? channel_layout : null }).isWhole) return [];
  return [`${track} has ${channels} channels whose positions are not told: its first two are taken`];
}

/** What people call the codec: ffprobe's name, else the four letters that the file has. */
export function codecName({ codec_name, codec_tag_string }: ProbeOutput["streams"][number]): string {
  const tag = /^[\x21-\x7e]{4}$/.test(codec_tag_string ?? "") ? codec_tag_string : undefined;
  return codec_name && codec_name !== "unknown" ? codec_name : (tag ?? "unknown codec");
}

/** Dolby Vision whose base layer is in a colour space of its own; what comes out is green and purple. */
function warningsOfColour({ side_data_list }: Stream): string[] {
  const dolby = side_data_list?.find((data) => data.dv_profile !== undefined);
  if (dolby?.dv_profile !== 5 && dolby?.dv_bl_signal_compatibility_id !== 0) return [];
  return [`Dolby Vision profile ${dolby.dv_profile} has no base layer that others can show: its colours will be wrong`];
}

/** Interlaced, or not told by a codec that may be. */
function isInterlaced({ field_order, codec_name }: Stream): boolean {
  if (isKnown(field_order)) return field_order !== "progressive";
  return /^(mpeg2video|h264|vc1|wmv3|dvvideo|prores|dnxhd|mpeg4|rawvideo|huffyuv|ffv1)$/.test(codec_name ?? "");
}

/** Beyond this one side would be a line. */
const mostSquashed = 10;

/**
 * The average rate of an MP4 or MOV is that of its whole index, to the tick; where the file lasts longer than its tracks, a
 * frame is shown elsewhere than its place in the index says. A fragmented one has no index, and says no number of frames.
 */
function isConstantByIndex(video: Stream, streams: Stream[], format: ProbeOutput["format"]): boolean {
  const { avg_frame_rate, r_frame_rate, nb_frames = 0, duration = 0 } = video;
  if (!/\b(mov|mp4)\b/.test(format.format_name) || nb_frames < 2 || avg_frame_rate !== r_frame_rate) return false;
  const longest = Math.max(...streams.map((stream) => stream.duration ?? 0));
  return Math.abs(duration * ratio(avg_frame_rate) - nb_frames) < 1 && (format.duration ?? 0) < longest + 1;
}

function videoOf(stream: Stream) {
  const [width, height] = [stream.width ?? 0, stream.height ?? 0];
  const square = { width: Math.max(1, Math.round(width * pixelAspect(stream.sample_aspect_ratio))), height };
  const rotation = stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  const onItsSide = Math.abs(Math.round(rotation / 90)) % 2 === 1;
  const average = ratio(stream.avg_frame_rate);
  const nominal = ratio(stream.r_frame_rate);
  return {
    stream: stream.index,
    codec: stream.codec_name ?? "unknown",
    width: onItsSide ? square.height : square.width,
    height: onItsSide ? square.width : square.height,
    frameRate: nearlyEqual(average, nominal, 0.01) ? nominal : average || nominal || 25,
    frameRateNumerator: Number.parseInt(stream.r_frame_rate ?? "", 10) || 25,
    variableFrameRate: !nearlyEqual(average, nominal, 0.0005),
    lastSeconds: null,
    mended: [],
    wrongTimes: 0,
    longGops: [],
    longestFrameSeconds: 0,
    reorderedFrames: stream.has_b_frames ?? 0,
    isInterlaced: isInterlaced(stream),
    pixelFormat: stream.pix_fmt ?? "",
    x264Build: null,
    colour: colourOf({ ...stream, width, height, pixelFormat: stream.pix_fmt ?? "" }),
  };
}

function nearlyEqual(a: number, b: number, tolerance: number): boolean {
  return a > 0 && b > 0 && Math.abs(a - b) / b <= tolerance;
}

/** `0:1`, absence and nonsense all mean square. */
function pixelAspect(text: string | undefined): number {
  const aspect = ratio(text?.replace(":", "/"));
  return aspect >= 1 / mostSquashed && aspect <= mostSquashed ? aspect : 1;
}

/** `30000/1001` as a number; 0 for what is none. */
function ratio(text: string | undefined): number {
  const [above, below] = (text ?? "").split("/").map(Number);
  return above && below ? above / below : 0;
}
