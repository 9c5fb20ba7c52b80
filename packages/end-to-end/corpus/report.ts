/** What a run tells: a line for each file as it is done, then all as a table, then a summary. Pure. */
import { rungName } from "./check-rungs.ts";
import type { Expectation } from "./expectation.ts";
import type { Verdict } from "./judge.ts";
import type { Outcome } from "./outcome.ts";

export interface Result {
  file: string;
  expectation: Expectation;
  outcome: Outcome;
  verdict: Verdict;
}

const head = ["", "file", "outcome", "rungs", "lasts (source)", "sync", "warnings", "took"];

/** @example fileLine(result) // "ok  clip.mp4  ok  720p 480p 360p  3.00 s (3.00 s)  +0.012 s  0  2.1 s", then its differences */
export function fileLine(result: Result): string {
  return [cells(result).filter(Boolean).join("  "), ...result.verdict.differences.map((text) => `     ${text}`)].join(
    "\n",
  );
}

/** A line for each result, columns under each other. */
export function table(results: Result[]): string {
  const lines = [head, ...results.map(cells)].map((line) => line.map(shortened));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const padded = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return padded.map((line) => line.trimEnd()).join("\n");
}

/**
 * How many are as they should be, then every file that is not.
 *
 * @param aftermath what was wrong with the system itself at the end
 */
export function summary(results: Result[], aftermath: string[]): string {
  const different = results.filter((result) => result.verdict.differences.length > 0);
  const ends = (["ok", "error", "refused", "unfinished"] as const).flatMap((end) => {
    const count = results.filter((result) => result.outcome.end === end).length;
    return count > 0 ? [`${count} ${end}`] : [];
  });
  const lines = [
    `${results.length} files: ${ends.join(", ")}. ${different.length} differ from what is expected.`,
    ...different.flatMap(({ file, expectation, verdict }) => [
      `${file} (expected: ${expectation})`,
      ...verdict.differences.map((text) => `     ${text}`),
    ]),
    ...aftermath,
  ];
  return lines.join("\n");
}

const longestCell = 60;

/** A reason may be long; its file's own line has all of it. */
const shortened = (cell: string): string => (cell.length > longestCell ? `${cell.slice(0, longestCell - 1)}…` : cell);

function cells({ file, outcome, verdict }: Result): string[] {
  const { timing, differences } = verdict;
  const seconds = (value: number) => `${value.toFixed(2)} s`;
  const sync = timing?.syncSeconds ?? null;
  return [
    differences.length === 0 ? "same" : "DIFF",
    file,
    outcome.end === "ok" ? "ok" : `${outcome.end}: ${outcome.reason}`,
    outcome.looked ? playlistNames(outcome.looked.stream) : "",
    timing ? `${seconds(timing.seconds)} (${seconds(timing.sourceSeconds)})` : "",
    sync === null ? "" : `${sync < 0 ? "-" : "+"}${Math.abs(sync).toFixed(3)} s`,
    outcome.warnings.length > 0 ? String(outcome.warnings.length) : "",
    seconds(outcome.seconds),
  ];
}

/** Rungs, then how many of audio and of anything else. */
function playlistNames({ videos, audios, others }: NonNullable<Outcome["looked"]>["stream"]): string {
  const names = videos.map(rungName);
  if (audios.length > 0) names.push(audios.length === 1 ? "audio" : `${audios.length} audios`);
  if (others.length > 0) names.push(`${others.length} others`);
  return names.join(" ");
}
