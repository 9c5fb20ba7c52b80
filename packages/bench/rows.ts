/** A row of the table: what was measured of ours and of the other, and whether the goal is met. Pure. */

export interface Row {
  what: string;
  unit: "s" | "ms" | "dB" | "buffers" | "MiB" | "MiB/s" | "requests/s" | "requests/CPU s";
  /** One value a round. */
  ours: number[];
  /** What it is compared with, in the same rounds; null where the goal is absolute. */
  other: { name: string; values: number[] } | null;
  goal: Goal;
}

/** What is judged is the median: of ours, or of the ratios within each round. */
export type Goal =
  | { of: "ours"; atMost: number }
  | { of: "ours"; atLeast: number }
  | { of: "ours / other"; atMost: number }
  | { of: "ours / other"; atLeast: number }
  | { of: "other / ours"; atLeast: number };

export interface Verdict {
  /** One a round, over ours or under it as the goal says; none where there is no other. */
  ratios: number[];
  met: boolean;
}

export function judge({ ours, other, goal }: Row): Verdict {
  const ratios = (other?.values ?? []).map((value, round) => {
    const own = ours[round] ?? Number.NaN;
    return goal.of === "other / ours" ? value / own : own / value;
  });
  const middle = median(goal.of === "ours" ? ours : ratios);
  return { ratios, met: "atMost" in goal ? middle <= goal.atMost : middle >= goal.atLeast };
}

/** NaN of nothing. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2;
}
