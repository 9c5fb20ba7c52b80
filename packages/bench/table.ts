/** Rows as text: a line each, columns under each other. Pure. */
import { type Goal, judge, median, type Row } from "./rows.ts";

const head = ["what", "ours", "the other", "ratio (least to most)", "goal", ""];

/** @example table(rows) // "what         ours     the other …" */
export function table(rows: Row[]): string {
  const lines = [head, ...rows.map(cells)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cells(row: Row): string[] {
  const { ratios, met } = judge(row);
  const show = (values: number[]) => `${median(values).toFixed(2)} ${row.unit}`;
  const fixed = (value: number) => value.toFixed(2);
  return [
    row.what,
    show(row.ours),
    row.other ? `${show(row.other.values)}, ${row.other.name}` : "",
    row.other ? `${fixed(median(ratios))} (${fixed(Math.min(...ratios))} to ${fixed(Math.max(...ratios))})` : "",
    goalText(row.goal, row.unit),
    met ? "met" : "not met",
  ];
}

function goalText(goal: Goal, unit: string): string {
  const isMost = "atMost" in goal;
  const bound = isMost ? goal.atMost : goal.atLeast;
  if (goal.of === "ours") return `at ${isMost ? "most" : "least"} ${bound} ${unit}`;
  return `${goal.of} ${isMost ? "<=" : ">="} ${bound}`;
}
