/**
 * The rows of one video's segments, kept in memory, so that what is asked at every event costs as much as has changed since
 * and not as much as the video is long. An adapter of the ledger fills it and keeps it in step with the database.
 */
import type { Plan } from "@video-backend/media";
import type { SegmentRow } from "../database/schema.ts";

/** What of the past tells how fast segments are made, in seconds. */
const recentSeconds = 60;

/** The segments that are made of one rendition. */
export interface RenditionSegments {
  readonly count: number;
  /** Epoch seconds of the first and the last that was made; null where there is none. */
  readonly firstMadeAt: number | null;
  readonly lastMadeAt: number | null;
  /** The one that was made last. */
  readonly newest: SegmentRow | null;
  /** File names of the init segments that go with them. */
  readonly inits: ReadonlySet<string>;
  /** Whether any of them has a file. */
  readonly hasFiles: boolean;
  find(index: number): SegmentRow | null;
  /** The first index from this one on that is not made. */
  nextMissing(index: number): number;
  /** Indexes that follow each other: the first one, and the one after the last. */
  runs(): { first: number; end: number }[];
  /** By index. */
  rows(): SegmentRow[];
  /** Those of the last minute before the newest, by the time at which they were made. */
  recent(): SegmentRow[];
}

export interface VideoSegments {
  readonly count: number;
  /** Every row in the order of entering, which only grows: where one is taken out, there is another `VideoSegments`. */
  readonly entered: readonly SegmentRow[];
  of(rendition: string): RenditionSegments;
  has(rendition: string, index: number): boolean;
  /** By rendition and index. */
  rows(): SegmentRow[];
}

/** With the function by which rows are entered; a row that is there already is left as it is. */
export function createVideoSegments(): VideoSegments & { enter(row: SegmentRow): void } {
  const renditions = new Map<string, ReturnType<typeof createRenditionSegments>>();
  const entered: SegmentRow[] = [];
  const names = new Map<string, string>();
  /** The database gives each row a copy of its own. */
  const shared = (text: string): string => {
    const known = names.get(text);
    if (known === undefined) names.set(text, text);
    return known ?? text;
  };
  return {
    entered,
    get count() {
      return entered.length;
    },
    enter(given) {
      const { videoId, rendition, encoder, init, codec } = given;
      const texts = { videoId: shared(videoId), rendition: shared(rendition), encoder: shared(encoder) };
      const row = { ...given, ...texts, init: shared(init), codec: shared(codec) };
      const of = renditions.get(rendition) ?? createRenditionSegments();
      renditions.set(texts.rendition, of);
      if (of.enter(row)) entered.push(row);
    },
    of: (rendition) => renditions.get(rendition) ?? none,
    has: (rendition, index) => renditions.get(rendition)?.find(index) != null,
    rows: () => [...renditions.keys()].sort().flatMap((name) => renditions.get(name)?.rows() ?? []),
  };
}

function createRenditionSegments(): RenditionSegments & { enter(row: SegmentRow): boolean } {
  const byIndex: (SegmentRow | undefined)[] = [];
  const runs: { first: number; end: number }[] = [];
  const inits = new Set<string>();
  let latest: SegmentRow[] = [];
  let count = 0;
  let firstMadeAt: number | null = null;
  let newest: SegmentRow | null = null;
  let hasFiles = false;

  /** Position of the first run that ends at the index or after it. */
  function runAt(index: number): number {
    let [low, high] = [0, runs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((runs[middle]?.end ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function extendRuns(index: number): void {
    const position = runAt(index);
    const [run, next] = [runs[position], runs[position + 1]];
    if (run?.end === index) {
      run.end++;
      if (next?.first !== run.end) return;
      run.end = next.end;
      runs.splice(position + 1, 1);
    } else if (run?.first === index + 1) run.first = index;
    else runs.splice(position, 0, { first: index, end: index + 1 });
  }

  return {
    get count() {
      return count;
    },
    get firstMadeAt() {
      return firstMadeAt;
    },
    get lastMadeAt() {
      return newest?.madeAt ?? null;
    },
    get newest() {
      return newest;
    },
    inits,
    get hasFiles() {
      return hasFiles;
    },
    enter(row) {
      if (byIndex[row.index]) return false;
      byIndex[row.index] = row;
      extendRuns(row.index);
      count++;
      if (row.bytes > 0) {
        hasFiles = true;
        inits.add(row.init);
      }
      firstMadeAt = Math.min(firstMadeAt ?? row.madeAt, row.madeAt);
      if (!newest || row.madeAt >= newest.madeAt) newest = row;
      const { madeAt } = newest;
      latest.push(row);
      if ((latest[0]?.madeAt ?? madeAt) < madeAt - recentSeconds)
        latest = latest.filter((one) => one.madeAt >= madeAt - recentSeconds);
      return true;
    },
    find: (index) => byIndex[index] ?? null,
    nextMissing(index) {
      const run = runs[runAt(index + 1)];
      return run && run.first <= index ? run.end : index;
    },
    runs: () => runs,
    rows: () => runs.flatMap(({ first, end }) => byIndex.slice(first, end)).filter((row) => row !== undefined),
    recent: () => latest.toSorted((a, b) => a.madeAt - b.madeAt),
  };
}

const none: RenditionSegments = createRenditionSegments();

/** Something to see, where there is a video, and something to hear, where there is audio. */
export function isPlayable(plan: Pick<Plan, "renditions">, segments: VideoSegments): boolean {
  const kinds = new Set(plan.renditions.map((rendition) => rendition.kind));
  return [...kinds].every((kind) =>
    plan.renditions.some((rendition) => rendition.kind === kind && segments.has(rendition.name, 0)),
  );
}
