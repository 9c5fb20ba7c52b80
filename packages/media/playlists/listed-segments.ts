/**
 * Which segments the lists of a rendition name, whatever their format: what is measured where it is made, what is planned
 * where it is not.
 */
import { type Plan, plannedSeconds, plannedStartSeconds, type Rendition } from "../plan.ts";

/** A row of the ledger, as far as playlists need it. */
export interface LedgerSegment {
  rendition: string;
  index: number;
  /** 0 for an interval in which the source has nothing. */
  bytes: number;
  /** From the file's start to the end of its first frame, a key frame; 0 where that is not known, and for audio. */
  keyFrameBytes: number;
  /** Presentation time of the first sample. */
  startSeconds: number;
  durationSeconds: number;
  /** Frames, or packets of audio. */
  samples: number;
  /** File name of the init segment that goes with it. */
  init: string;
  /** RFC 6381, as read from that init segment. */
  codec: string;
}

/**
 * `making`: every segment of the plan is listed, made or not, because one that is not made is made on demand. `ended`: no
 * encoder works on the video, so only what exists is listed.
 */
export type PlaylistState = "making" | "ended";

export interface ListedSegment {
  index: number;
  startSeconds: number;
  durationSeconds: number;
  init: string;
  /** True where there is nothing to load, and time runs on all the same. */
  isGap: boolean;
}

/**
 * Measured where it is made, as planned where it is not; intervals that turned out to be empty are passed over. Once the
 * video has ended, what lies between two segments and was not made is a gap, and what lies behind the last is left out.
 *
 * @param segments the rendition's own
 * @param nextInit file name of the init segment that goes with what is not made yet
 */
export function listedSegments(
  plan: Plan,
  rendition: Rendition,
  segments: LedgerSegment[],
  state: PlaylistState,
  nextInit: string,
): ListedSegment[] {
  const made = new Map(segments.map((segment) => [segment.index, segment]));
  const isEnded = state === "ended";
  const count = isEnded
    ? Math.max(-1, ...existing(segments).map((segment) => segment.index)) + 1
    : rendition.segmentCount;
  const listed: ListedSegment[] = [];
  for (let index = 0; index < count; index++) {
    const segment = made.get(index);
    if (segment) {
      const { bytes, startSeconds, durationSeconds, init } = segment;
      if (bytes > 0) listed.push({ index, startSeconds, durationSeconds, init, isGap: false });
      continue;
    }
    const startSeconds = plannedStartSeconds(plan, rendition, index);
    const durationSeconds = plannedSeconds(plan, rendition, index);
    listed.push({ index, startSeconds, durationSeconds, init: nextInit, isGap: isEnded });
  }
  return listed;
}

/** Those that have a file, in order. */
export const existing = (segments: LedgerSegment[]): LedgerSegment[] =>
  segments.filter((segment) => segment.bytes > 0).sort((a, b) => a.index - b.index);

/** Of one rendition. */
export const segmentsOf = (ledger: LedgerSegment[], { name }: Rendition): LedgerSegment[] =>
  ledger.filter((segment) => segment.rendition === name);

/** Whether nothing of a rendition is left to make. */
export const isWhole = (rendition: Rendition, ledger: LedgerSegment[]): boolean =>
  segmentsOf(ledger, rendition).length === rendition.segmentCount;
