/**
 * What a source really holds: the frames and samples that come out when all of it is decoded, whatever the container
 * claims. Pure; `measure-source.ts` asks ffprobe.
 */
import { ratio } from "../ratio.ts";

export interface SourceFacts {
  /** Null where no frame could be decoded. */
  video: SourceVideo | null;
  /** The tracks of which something could be decoded, in the file's order. */
  audios: Span[];
  /** Where the file's own time begins, seconds: that of its first track, which may be one of subtitles. */
  beginSeconds?: number;
}

/** Seconds on the file's own time line. */
export interface Span {
  startSeconds: number;
  endSeconds: number;
}

export interface SourceVideo extends Span {
  /** As a person sees it: pixels made square by their width, upright. Not rounded. */
  width: number;
  height: number;
  /** Usual time between two frames, or the longest where times are uneven. */
  frameSeconds: number;
}

/** The parts of ffprobe's answer that are used. */
export interface Decoded {
  streams?: {
    index: number;
    codec_type?: string;
    codec_name?: string;
    width?: number;
    height?: number;
    sample_aspect_ratio?: string;
    r_frame_rate?: string;
    sample_rate?: string;
    disposition?: { default?: number; attached_pic?: number };
    side_data_list?: { rotation?: number }[];
  }[];
  frames?: {
    stream_index: number;
    best_effort_timestamp_time?: string;
    pkt_duration_time?: string;
    nb_samples?: number;
  }[];
  format?: { start_time?: string };
}
type Stream = NonNullable<Decoded["streams"]>[number];
type Frame = NonNullable<Decoded["frames"]>[number];

/** Facts from `ffprobe -show_entries stream…:frame… -of json`, which decodes all. */
export function sourceFacts({ streams = [], frames = [], format }: Decoded): SourceFacts {
  const framesOf = Map.groupBy(frames, (frame) => frame.stream_index);
  const pieces = new Map(streams.map((stream) => [stream.index, piecesOf(stream, framesOf.get(stream.index) ?? [])]));
  const decoded = streams.filter((stream) => (pieces.get(stream.index) ?? []).length > 0);
  const videos = decoded.filter((stream) => stream.codec_type === "video" && stream.disposition?.attached_pic !== 1);
  const shown = videos.find((stream) => stream.disposition?.default === 1) ?? videos[0];
  return {
    video: shown ? videoOf(shown, pieces.get(shown.index) ?? []) : null,
    audios: decoded
      .filter(({ codec_type }) => codec_type === "audio")
      .map(({ index }) => spanOf(pieces.get(index) ?? [])),
    ...(Number.isFinite(Number(format?.start_time)) ? { beginSeconds: Number(format?.start_time) } : {}),
  };
}

/**
 * What was decoded of a stream. A packet may hold several frames of audio and tell the time of one: the others adjoin. So do
 * the last frames of a container that tells when to decode and not when to show (AVI).
 */
function piecesOf(stream: Stream, frames: Frame[]): Span[] {
  const rate = Number(stream.sample_rate);
  const isAudio = stream.codec_type === "audio";
  const nominal = isAudio ? 0 : 1 / ratio(stream.r_frame_rate) || 0;
  // Of the several frames in a packet of AMR this ffprobe decodes the first.
  const isOneOfSeveral = /^amr_/.test(stream.codec_name ?? "");
  const timed = frames.map((frame) => ({
    stated: Number(frame.best_effort_timestamp_time),
    seconds:
      frame.nb_samples && rate && !isOneOfSeveral
        ? frame.nb_samples / rate
        : Number(frame.pkt_duration_time) || nominal,
  }));
  const lastKnown = timed.findLastIndex(({ stated }) => !Number.isNaN(stated));
  const known = Math.max(
    0,
    timed.findIndex(({ stated }) => !Number.isNaN(stated)),
  );
  const ahead = timed.slice(0, known).reduce((sum, { seconds }) => sum + seconds, 0);
  let next = (timed[known]?.stated || 0) - ahead;
  return timed.flatMap(({ stated, seconds }, index) => {
    if (Number.isNaN(stated) && !isAudio && index < lastKnown) return [];
    const startSeconds = Number.isNaN(stated) ? next : stated;
    next = startSeconds + seconds;
    return [{ startSeconds, endSeconds: next }];
  });
}

function videoOf(stream: Stream, frames: Span[]): SourceVideo {
  const square = { width: (stream.width ?? 0) * (ratio(stream.sample_aspect_ratio) || 1), height: stream.height ?? 0 };
  const rotation = stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? 0;
  const onItsSide = Math.abs(Math.round(rotation / 90)) % 2 === 1;
  const distances = distancesOf(frames);
  const nominal = 1 / ratio(stream.r_frame_rate) || 1 / 25;
  const { startSeconds } = spanOf(frames);
  const last = frames.reduce((latest, frame) => (frame.startSeconds > latest.startSeconds ? frame : latest));
  const stated = last.endSeconds - last.startSeconds;
  return {
    startSeconds,
    endSeconds: last.startSeconds + lastSeconds(stated, distances, nominal),
    width: onItsSide ? square.height : square.width,
    height: onItsSide ? square.width : square.height,
    frameSeconds: distances ? (distances.areUneven ? distances.longest : distances.usual) : nominal,
  };
}

/** Many containers do not say how long the last frame is shown, and for interlaced video some tell it of a field. */
function lastSeconds(stated: number, distances: Distances | null, nominal: number): number {
  if (!distances || distances.areUneven) return stated || distances?.usual || nominal;
  return Math.max(stated, distances.usual);
}

interface Distances {
  usual: number;
  longest: number;
  areUneven: boolean;
}

/** More of the distances than this have to be uneven, or it is a hole and not a frame rate that varies. */
const unevenShare = 0.05;

/** Between frames, in seconds; null of a single frame. */
function distancesOf(frames: Span[]): Distances | null {
  const times = frames.map((frame) => frame.startSeconds).sort((a, b) => a - b);
  const distances = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  const sorted = distances.filter((distance) => distance > 0).sort((a, b) => a - b);
  const [usual, longest] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  if (usual === undefined || longest === undefined) return null;
  const uneven = sorted.filter((distance) => Math.abs(distance / usual - 1) > 0.2).length;
  return { usual, longest, areUneven: uneven / sorted.length > unevenShare };
}

function spanOf(pieces: Span[]): Span {
  let [startSeconds, endSeconds] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const piece of pieces) {
    startSeconds = Math.min(startSeconds, piece.startSeconds);
    endSeconds = Math.max(endSeconds, piece.endSeconds);
  }
  return { startSeconds, endSeconds };
}
