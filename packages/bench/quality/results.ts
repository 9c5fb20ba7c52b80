/** What was measured of each title's rungs in both rate controls, and as a table. Pure. */
import type { RateControl } from "@video-backend/media";
import type { Likeness } from "./measure.ts";

export interface Measured extends Likeness {
  title: string;
  rung: string;
  /** Of the video alone, init segment included. */
  bytes: number;
  /** What a player's buffer must hold, in sizes that the rung promises. */
  buffers: number;
}

export interface Result extends Record<RateControl, Measured>, Pick<Measured, "title" | "rung"> {}

/** How far constant quality is above the lower of the two: what mean bit rates have, and `enough`; in decibels. */
export const marginOf = ({ quality, bitrate }: Result, what: keyof Likeness, enough: number): number =>
  quality[what] - Math.min(bitrate[what], enough);

/** A line a rung, and one of all. */
export function markdownOf(results: Result[]): string {
  const kilobytes = (bytes: number) => String(Math.round(bytes / 1000));
  const sum = (control: RateControl) => results.reduce((total, one) => total + one[control].bytes, 0);
  const head = ["title", "rung", "bitrate, kB", "mean, dB", "5th, dB", "quality, kB", "mean, dB", "5th, dB", "bytes"];
  const lines = results.map(({ title, rung, bitrate, quality }) => [
    ...[title, rung],
    ...[bitrate, quality].flatMap(({ bytes, mean, fifth }) => [kilobytes(bytes), mean.toFixed(1), fifth.toFixed(1)]),
    (quality.bytes / bitrate.bytes).toFixed(2),
  ]);
  const ratio = (sum("quality") / sum("bitrate")).toFixed(2);
  const all = ["all", "", kilobytes(sum("bitrate")), "", "", kilobytes(sum("quality")), "", "", ratio];
  const rule = head.map((_, column) => (column < 2 ? "---" : "---:"));
  const rows = [head, rule, ...lines, all];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number) => {
    const width = widths[column] ?? 0;
    if (text.startsWith("---")) return column < 2 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`;
    return column < 2 ? text.padEnd(width) : text.padStart(width);
  };
  return rows.map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
}
