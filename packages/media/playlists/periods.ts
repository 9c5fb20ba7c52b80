/**
 * The periods of a manifest. DASH allows a Representation one init segment a Period, so where an encoder handed over to
 * another a new Period begins; likewise where a rung begins or ends, because what a Period lists has to be there throughout.
 * A video that was made by one encoder to its end has one.
 */
import { audioSlackSeconds, gridIndex, gridSeconds, type Plan, type Rendition } from "../plan.ts";
import {
  type LedgerSegment,
  type ListedSegment,
  listedSegments,
  type PlaylistState,
  segmentsOf,
} from "./listed-segments.ts";
import { nextInitFile } from "./next-init.ts";

/** What a period has of a rendition: at least one segment, all of one init segment. */
export interface Stretch<Kind extends Rendition = Rendition> {
  rendition: Kind;
  init: string;
  /** In order; those of audio may begin before the period and end after it. */
  segments: ListedSegment[];
}

export interface Period {
  startSeconds: number;
  endSeconds: number;
  /** Highest rung first, audio last. */
  stretches: Stretch[];
}

/** A rendition with all that is listed of it. */
type Listed = Pick<Stretch, "rendition" | "segments">;

/** Of time bases. */
const roundingSeconds = 0.002;

/** @param encoder name of the encoder of the video segments that are not made yet */
export function periodsOf(plan: Plan, ledger: LedgerSegment[], state: PlaylistState, encoder: string): Period[] {
  const all: Listed[] = plan.renditions.map((rendition) => {
    const nextInit = nextInitFile(rendition, encoder);
    const listed = listedSegments(plan, rendition, segmentsOf(ledger, rendition), state, nextInit);
    return { rendition, segments: listed.filter((segment) => !segment.isGap) };
  });
  const rows = new Set(state === "making" ? [] : ledger.map(({ rendition, index }) => `${rendition} ${index}`));
  const isEmpty = (name: string, index: number) => state === "making" || rows.has(`${name} ${index}`);
  const starts = isUniform(plan, all) ? [0] : startsOf(plan, all, isEmpty);
  const end = Math.max(...all.flatMap(({ segments }) => segments.slice(-1).map(endOf)));
  const periods = starts.map((startSeconds, position) => {
    const endSeconds = starts[position + 1] ?? end;
    const stretches = all.flatMap(({ rendition, segments }) => {
      const within = segments.filter((segment) =>
        rendition.kind === "audio"
          ? segment.startSeconds < endSeconds - audioSlackSeconds && endOf(segment) > startSeconds + audioSlackSeconds
          : segment.startSeconds > startSeconds - roundingSeconds &&
            segment.startSeconds < endSeconds - roundingSeconds,
      );
      return within[0] ? [{ rendition, init: within[0].init, segments: within }] : [];
    });
    return { startSeconds, endSeconds, stretches };
  });
  // Shaka Player gives up the audio of all periods for one that has none.
  const heard = periods.filter(({ stretches }) => stretches.some(({ rendition }) => rendition.kind === "audio"));
  return heard.length > 0 ? heard : periods;
}

/** True where one encoder makes every rendition and all rungs have the same segments: then there is one period, as usual. */
function isUniform(plan: Plan, all: Listed[]): boolean {
  const kind = plan.video ? "video" : "audio";
  const [first, ...others] = all.filter(({ rendition }) => rendition.kind === kind).map(({ segments }) => segments);
  const areAlike = (segments: ListedSegment[]) =>
    segments.length === first?.length && segments.every(({ index }, position) => index === first[position]?.index);
  const hasOneInit = ({ segments }: Listed) => segments.every(({ init }) => init === segments[0]?.init);
  return first !== undefined && first.length > 0 && others.every(areAlike) && all.every(hasOneInit);
}

/**
 * Where the periods begin: at 0, and at each segment of a video, or of audio where there is no video, from which on
 * another init segment, or another set of rungs, is needed. Where nothing was made of any, time runs on.
 *
 * @param isEmpty whether nothing is listed of a rendition there because the source has nothing there
 */
function startsOf(plan: Plan, all: Listed[], isEmpty: (rendition: string, index: number) => boolean): number[] {
  const kind = plan.video ? "video" : "audio";
  const byIndex = all.map(({ rendition, segments }) => ({
    rendition,
    at: new Map(segments.map((segment) => [segment.index, segment])),
  }));
  const leading = byIndex.filter(({ rendition }) => rendition.kind === kind);
  const followers = byIndex.filter(({ rendition }) => rendition.kind !== kind);
  const indexes = new Set(leading.flatMap(({ at }) => [...at.keys()]).sort((a, b) => a - b));
  const starts: number[] = [];
  let needed = new Map<string, string | null>();
  for (const index of indexes) {
    const beside = gridIndex(plan, "audio", gridSeconds(plan, kind, index));
    const known = [
      ...leading.flatMap(({ rendition: { name }, at }) => {
        const init = at.get(index)?.init ?? null;
        return init === null && isEmpty(name, index) ? [] : [[name, init] as const];
      }),
      ...followers.flatMap(({ rendition: { name }, at }) => {
        const segment = at.get(beside);
        return segment ? [[name, segment.init] as const] : [];
      }),
    ];
    const isNew = known.some(([name, init]) => needed.has(name) && needed.get(name) !== init);
    if (isNew || starts.length === 0) {
      const begins = leading.flatMap(({ at }) => at.get(index)?.startSeconds ?? []);
      starts.push(starts.length === 0 ? 0 : Math.min(...begins));
      needed = new Map();
    }
    for (const [name, init] of known) needed.set(name, init);
  }
  return starts;
}

const endOf = ({ startSeconds, durationSeconds }: ListedSegment): number => startSeconds + durationSeconds;
