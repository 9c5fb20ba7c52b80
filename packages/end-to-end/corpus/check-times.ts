/**
 * Whether a stream lasts as long as its source and keeps video and audio together. Pure. A stream may fill a late start,
 * with silence or with a held first frame: it is then longer by what it fills, and the rest has to fit all the same.
 */
import type { InspectedRendition } from "../inspect-stream.ts";
import { rungName } from "./check-rungs.ts";
import type { SourceFacts, SourceVideo, Span } from "./source-facts.ts";

/** Seconds that audio may be off, in length or against the video: two packets of AAC, and a little. */
const audioSlackSeconds = 0.05;
/** Frames beyond 60 a second are left out. */
const leastFrameSeconds = 1 / 60;
/** Many containers keep times in whole milliseconds. */
const roundingSeconds = 0.002;

export interface Timing {
  /** A sentence for each difference. */
  differences: string[];
  /** Of the highest rung, or of the audio where it is alone. */
  seconds: number;
  /** Of the same in the source. */
  sourceSeconds: number;
  /** How much later the video comes against the audio than in the source: the worst pair. Null without a pair. */
  syncSeconds: number | null;
}

/** @param source the video is null where the stream has to be audio alone */
export function checkTimes(videos: InspectedRendition[], audios: InspectedRendition[], source: SourceFacts): Timing {
  const differences: string[] = [];
  const starts = [source.video, ...source.audios].flatMap((span) => (span ? [span.startSeconds] : []));
  const begin = Math.min(source.beginSeconds ?? Number.POSITIVE_INFINITY, ...starts);

  const rungs = videos.flatMap((rung) => (source.video ? [place(rung, source.video, begin)] : []));
  const tracks = pairs(audios, source.audios).map(([audio, span]) => place(audio, span, begin));
  if (audios.length !== source.audios.length) {
    differences.push(`Audio tracks: ${audios.length} in the stream, ${source.audios.length} in the source`);
  }
  const slack = source.video ? slackOf(source.video) : 0;
  for (const rung of rungs) if (Math.abs(rung.error) > slack) differences.push(lengthSentence(rung, slack));
  for (const track of tracks) {
    if (Math.abs(track.error) > audioSlackSeconds) differences.push(lengthSentence(track, audioSlackSeconds));
  }

  let syncSeconds: number | null = null;
  for (const rung of rungs) {
    for (const track of tracks) {
      const error = rung.at - track.at - (rung.span.startSeconds - track.span.startSeconds);
      if (syncSeconds === null || Math.abs(error) > Math.abs(syncSeconds)) syncSeconds = error;
      if (Math.abs(error) > audioSlackSeconds) {
        const late = error > 0 ? "late" : "early";
        differences.push(`${rung.name}: the video comes ${Math.abs(error).toFixed(3)} s ${late} against ${track.name}`);
      }
    }
  }
  const longest = rungs.at(-1) ?? tracks[0];
  return {
    differences,
    seconds: longest?.seconds ?? Number.NaN,
    sourceSeconds: longest?.sourceSeconds ?? Number.NaN,
    syncSeconds,
  };
}

const slackOf = ({ frameSeconds }: SourceVideo): number => Math.max(frameSeconds, leastFrameSeconds) + roundingSeconds;

/** A rendition laid over what it was made from. */
interface Placed {
  name: string;
  span: Span;
  /** Where in the stream the source's own beginning lies: behind what was filled. */
  at: number;
  seconds: number;
  /** How long it should be. */
  sourceSeconds: number;
  error: number;
}

function place(rendition: InspectedRendition, span: Span, begin: number): Placed {
  const seconds = rendition.endSeconds - rendition.startSeconds;
  const own = span.endSeconds - span.startSeconds;
  const lateness = span.startSeconds - begin;
  const placedAfter = (filled: number): Placed => ({
    name: rungName(rendition),
    span,
    at: rendition.startSeconds + filled,
    seconds,
    sourceSeconds: own + filled,
    error: seconds - own - filled,
  });
  const [asItIs, filled] = [placedAfter(0), placedAfter(lateness)];
  const startsAtZero = Math.abs(rendition.startSeconds) <= audioSlackSeconds;
  return startsAtZero && Math.abs(filled.error) < Math.abs(asItIs.error) ? filled : asItIs;
}

/** Each rendition with the track whose length is nearest to its own: the order in a master is free. */
function pairs(renditions: InspectedRendition[], tracks: Span[]): [InspectedRendition, Span][] {
  const free = [...tracks];
  return renditions.flatMap((rendition) => {
    const off = (span: Span) =>
      Math.abs(rendition.endSeconds - rendition.startSeconds - (span.endSeconds - span.startSeconds));
    const nearest = free.toSorted((a, b) => off(a) - off(b))[0];
    if (nearest) free.splice(free.indexOf(nearest), 1);
    return nearest ? [[rendition, nearest] as [InspectedRendition, Span]] : [];
  });
}

function lengthSentence({ name, seconds, sourceSeconds }: Placed, slack: number): string {
  const allowed = `${Math.round(slack * 1000)} ms are allowed`;
  return `${name}: it lasts ${seconds.toFixed(3)} s, the source ${sourceSeconds.toFixed(3)} s; ${allowed}`;
}
