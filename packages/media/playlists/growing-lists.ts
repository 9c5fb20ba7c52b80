/**
 * The lists of a video while it is made: what they name is known from the plan, so most segments change nothing when they come,
 * and the rest change a line. What is said here is what `mediaPlaylist` makes of the same rows, at a cost that follows the rows
 * that have come and not how long the video is.
 */
import { audioSampleRate, type Plan, plannedSeconds, plannedStartSeconds, type Rendition } from "../plan.ts";
import type { LedgerSegment } from "./listed-segments.ts";
import { mapLine, playlistText, segmentLines } from "./media-playlist.ts";
import { nextInitFile } from "./next-init.ts";
import { peakRate, ratesOf } from "./rates.ts";

export interface GrowingLists {
  /** Takes a row of the ledger; each once. */
  enter(segment: LedgerSegment): void;
  /** The playlists that are others than the last time, all of them the first time: the rendition's name, and the text. */
  changedPlaylists(): Iterable<[rendition: string, text: string]>;
  /**
   * What of the entries may be another than the last time: the rates, codecs and renditions that master and manifest tell, or
   * the times and init segments that the manifest tells. Peaks only rise until all is made.
   */
  changedEntries(): { areDescribedAnew: boolean; areTimedAnew: boolean };
}

/** @param encoder name of the encoder of the video segments that are not made yet */
export function createGrowingLists(plan: Plan, encoder: string): GrowingLists {
  const lists = new Map<string, ReturnType<typeof createGrowing>>();
  let changes = { areDescribedAnew: true, areTimedAnew: true };
  function listOf(rendition: Rendition) {
    const list = lists.get(rendition.name) ?? createGrowing(plan, rendition, encoder);
    lists.set(rendition.name, list);
    return list;
  }
  return {
    enter(segment) {
      const rendition = plan.renditions.find(({ name }) => name === segment.rendition);
      if (!rendition) return;
      const { isDescribedAnew, isTimedAnew } = listOf(rendition).enter(segment);
      changes.areDescribedAnew ||= isDescribedAnew;
      changes.areTimedAnew ||= isTimedAnew;
    },
    *changedPlaylists() {
      for (const rendition of plan.renditions) {
        const text = listOf(rendition).changedText();
        if (text !== null) yield [rendition.name, text];
      }
    },
    changedEntries() {
      const since = changes;
      changes = { areDescribedAnew: false, areTimedAnew: false };
      return since;
    },
  };
}

/** What is listed of an interval; null where the source has nothing in it. */
type Listed = Pick<LedgerSegment, "durationSeconds" | "init"> | null;

/** Segments on each side of one that a run of half to one and a half times the longest may have, a ramp among them. */
const neighbours = 8;

function createGrowing(plan: Plan, rendition: Rendition, encoder: string) {
  const nextInit = nextInitFile(rendition, encoder);
  const timescale = rendition.kind === "audio" ? audioSampleRate : (plan.video?.timescale ?? 1);
  const listed: Listed[] = Array.from({ length: rendition.segmentCount }, (_, index) => ({
    durationSeconds: plannedSeconds(plan, rendition, index),
    init: nextInit,
  }));
  /** How many are listed with this whole number of seconds, by which the target duration is known. */
  const lengths = new Map<number, number>();
  const count = (one: Listed, by: number) => {
    const seconds = Math.round(one?.durationSeconds ?? 0);
    lengths.set(seconds, (lengths.get(seconds) ?? 0) + by);
  };
  for (const one of listed) count(one, 1);
  const lines: string[] = [];
  for (const index of listed.keys()) lines.push(linesAt(index));
  let isChanged = true;

  const made: LedgerSegment[] = [];
  /** Of the segments that go with each init segment, and of the first of all, which the master tells. */
  const codecs = new Map<string, string>();
  let first = { index: Number.POSITIVE_INFINITY, codec: rendition.codec };
  let madeCount = 0;
  let longestSeconds = 0;
  let { peak } = ratesOf(rendition, []);

  function linesAt(index: number): string {
    const one = listed[index];
    if (!one) return "";
    let before = index - 1;
    while (before >= 0 && !listed[before]) before--;
    const map = listed[before]?.init === one.init ? "" : mapLine(one.init);
    return map + segmentLines(index, one.durationSeconds);
  }

  function isAsPlanned({ index, bytes, init, startSeconds, durationSeconds }: LedgerSegment): boolean {
    const planned = plannedStartSeconds(plan, rendition, index);
    const ticks = (seconds: number) => Math.round(seconds * timescale);
    const end = planned + plannedSeconds(plan, rendition, index);
    const isOnTime = ticks(startSeconds) === ticks(planned) && ticks(startSeconds + durationSeconds) === ticks(end);
    return bytes > 0 && init === nextInit && isOnTime;
  }

  /** Whether what the entries tell of the rendition, beside its times, may be another with this row. */
  function describes(segment: LedgerSegment): boolean {
    madeCount++;
    const { index, bytes, init, codec, durationSeconds } = segment;
    if (bytes === 0) return madeCount === rendition.segmentCount;
    made[index] = segment;
    const isOtherCodec = (codecs.get(init) ?? rendition.codec) !== codec;
    codecs.set(init, codec);
    const isOtherFirst = index < first.index && codec !== first.codec;
    if (index < first.index) first = { index, codec };
    longestSeconds = Math.max(longestSeconds, durationSeconds);
    const around = made
      .slice(Math.max(0, index - neighbours), index + neighbours + 1)
      .filter((one) => one !== undefined);
    const rate = Math.ceil(peakRate(around, longestSeconds));
    const isPeak = rate > peak;
    peak = Math.max(peak, rate);
    return isOtherCodec || isOtherFirst || isPeak || madeCount === rendition.segmentCount;
  }

  return {
    enter(segment: LedgerSegment) {
      const { index, bytes, durationSeconds, init } = segment;
      const isDescribedAnew = describes(segment);
      if (index >= rendition.segmentCount) return { isDescribedAnew, isTimedAnew: false };
      const isTimedAnew = !isAsPlanned(segment);
      const before = listed[index];
      // As it comes nearly always.
      if (bytes > 0 && before?.init === init && before.durationSeconds === durationSeconds)
        return { isDescribedAnew, isTimedAnew };
      const target = Math.max(...lengths.keys());
      count(before ?? null, -1);
      listed[index] = bytes > 0 ? { durationSeconds, init } : null;
      count(listed[index] ?? null, 1);
      for (const [seconds, segments] of lengths) if (segments === 0) lengths.delete(seconds);
      let next = index + 1;
      while (next < listed.length && !listed[next]) next++;
      for (const at of next < listed.length ? [index, next] : [index]) {
        const text = linesAt(at);
        if (lines[at] === text) continue;
        lines[at] = text;
        isChanged = true;
      }
      if (Math.max(...lengths.keys()) !== target) isChanged = true;
      return { isDescribedAnew, isTimedAnew };
    },
    changedText(): string | null {
      if (!isChanged) return null;
      isChanged = false;
      return playlistText(Math.max(1, ...lengths.keys()), lines.join(""));
    },
  };
}
