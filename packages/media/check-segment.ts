/**
 * Done is verified: reads a segment's boxes with MP4Box.js and compares them with what the plan says. Only the head of
 * the file is read; the media data is checked by its length.
 */
import { createFile, type ISOFile, MP4BoxBuffer } from "mp4box";

export interface MeasuredSegment {
  bytes: number;
  /** Presentation time of the first sample, in seconds from the start of the file. */
  startSeconds: number;
  durationSeconds: number;
  samples: number;
  /** From the file's start to the end of the first sample. */
  keyFrameBytes: number;
  /** RFC 6381, read from the init segment. */
  codec: string;
}

export interface ExpectedSegment {
  startSeconds: number;
  endSeconds: number;
  /** How much later than said it may begin, seconds. */
  slackSeconds: number;
  /** How far from what is said it may end, seconds; the same without it. */
  endSlackSeconds?: number;
}

/** A segment that is not what it should be; the message says in which way. */
export class SegmentError extends Error {
  override name = "SegmentError";
}

/** It is whole, and begins or ends elsewhere than it should. */
export class PlacementError extends SegmentError {
  override name = "PlacementError";
}

/** What a muxer leaves when nothing came to it: a file without a sample. */
export class EmptySegmentError extends SegmentError {
  override name = "EmptySegmentError";
}

/** Enough for the boxes before the media data: a sample costs 16 bytes at most. */
const headBytes = 256 * 1024;
/** Rounding of time bases. */
const epsilonSeconds = 0.002;

/** @throws PlacementError when a segment is not where, or not as long as, the plan says */
export function checkPlacement(measured: MeasuredSegment, expected: ExpectedSegment): void {
  const { startSeconds, endSeconds, slackSeconds, endSlackSeconds = slackSeconds } = expected;
  const offset = measured.startSeconds - startSeconds;
  if (offset < -epsilonSeconds || offset > slackSeconds + epsilonSeconds) {
    throw new PlacementError(
      `It begins at ${measured.startSeconds.toFixed(3)} s instead of ${startSeconds.toFixed(3)} s`,
    );
  }
  const end = measured.startSeconds + measured.durationSeconds;
  if (Math.abs(end - endSeconds) > endSlackSeconds + epsilonSeconds) {
    throw new PlacementError(`It ends at ${end.toFixed(3)} s instead of ${endSeconds.toFixed(3)} s`);
  }
}

/**
 * What a segment is, by its boxes.
 *
 * @param init the bytes of the init segment that goes with it
 * @throws EmptySegmentError when it has no samples; SegmentError when it is cut short or does not begin with a sync sample
 */
export async function measureSegment(init: ArrayBuffer, segment: Blob): Promise<MeasuredSegment> {
  const file = createFile();
  const head = await segment.slice(0, headBytes).arrayBuffer();
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(init, 0));
  file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(head, init.byteLength));
  const track = file.moov?.traks[0];
  const runs = file.moofs?.flatMap((moof) => moof.trafs) ?? [];
  if (!track || runs.length === 0) throw new EmptySegmentError("It has no fragment of a track");
  const length = lengthByBoxes(file, init.byteLength);
  if (length !== segment.size) throw new SegmentError(`Its boxes are ${length} bytes and the file ${segment.size}`);

  const timescale = track.mdia.mdhd.timescale;
  const editStart = Math.max(0, track.edts?.elst?.entries[0]?.media_time ?? 0);
  let units = 0;
  let samples = 0;
  for (const run of runs) {
    for (const part of run.truns) {
      const known = part.sample_duration?.length ? part.sample_duration : null;
      units += known
        ? known.reduce((sum, duration) => sum + duration, 0)
        : (run.tfhd.default_sample_duration ?? 0) * part.sample_count;
      samples += part.sample_count;
    }
  }
  if (samples === 0) throw new EmptySegmentError("It has no samples");
  const first = runs[0];
  const firstPart = first?.truns[0];
  if (!first || !firstPart) throw new SegmentError("It has no samples");
  const flags = firstPart.first_sample_flags || firstPart.sample_flags?.[0] || first.tfhd.default_sample_flags || 0;
  if (flags & isNonSyncSample) throw new SegmentError("It does not begin with a key frame");
  const firstUnits =
    (first.tfdt?.baseMediaDecodeTime ?? 0) + (firstPart.sample_composition_time_offset?.[0] ?? 0) - editStart;
  return {
    bytes: segment.size,
    startSeconds: firstUnits / timescale,
    durationSeconds: units / timescale,
    samples,
    keyFrameBytes: endOfFirstSample(file, first, firstPart) - init.byteLength,
    codec: file.getInfo().tracks[0]?.codec ?? "",
  };
}

/** ISO/IEC 14496-12, 8.8.3.1: sample_is_non_sync_sample. */
const isNonSyncSample = 0x10000;

type Fragment = ISOFile["moofs"][number]["trafs"][number];

/** ISO/IEC 14496-12, 8.8.7.1: offsets count from the `moof`. */
function endOfFirstSample(file: ISOFile, fragment: Fragment, run: Fragment["truns"][number]): number {
  const size = run.sample_size?.[0] ?? fragment.tfhd.default_sample_size ?? 0;
  return (file.moofs?.[0]?.start ?? 0) + run.data_offset + size;
}

function lengthByBoxes(file: ISOFile, initBytes: number): number {
  const ends = file.boxes.map((box) => (box.start ?? 0) + box.size);
  return Math.max(0, ...ends) - initBytes;
}
