/**
 * `bun test-summary.ts FAILURES [FIRST.xml] [SECOND.xml]`: what JUnit reports of `bun test` say, in one line, `N passed, N
 * failed, N skipped`, below the names of the tests that were skipped. FAILURES is what failed besides. A file that is in both
 * reports ran twice: what the first run skipped of it is not counted, since the second run had what the first one lacked.
 */
import { readFileSync } from "node:fs";

export interface Summary {
  passed: number;
  failed: number;
  /** `file: name` of each. */
  skipped: string[];
}

interface Case {
  file: string;
  name: string;
  outcome: "passed" | "failed" | "skipped";
}

/** Reports as XML, in the order of the runs. */
export function summarise(reports: string[]): Summary {
  const runs = reports.map(casesOf);
  const counted = runs.flatMap((cases, run) => {
    const later = new Set(runs.slice(run + 1).flatMap((other) => other.map(({ file }) => file)));
    return cases.filter(({ file, outcome }) => outcome !== "skipped" || !later.has(file));
  });
  const skipped = counted.filter(({ outcome }) => outcome === "skipped");
  return {
    passed: counted.filter(({ outcome }) => outcome === "passed").length,
    failed: counted.filter(({ outcome }) => outcome === "failed").length,
    skipped: skipped.map(({ file, name }) => `${file}: ${name}`),
  };
}

/** Its children are `<skipped/>` and `<failure/>`; without one it passed. */
function casesOf(report: string): Case[] {
  return [...report.matchAll(/<testcase\b([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)].map(
    ([, attributes = "", children = ""]) => ({
      file: attributeOf(attributes, "file"),
      name: attributeOf(attributes, "name"),
      outcome: /<(failure|error)\b/.test(children) ? "failed" : children.includes("<skipped") ? "skipped" : "passed",
    }),
  );
}

function attributeOf(attributes: string, name: string): string {
  const [, value = ""] = new RegExp(`\\b${name}="([^"]*)"`).exec(attributes) ?? [];
  return value.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? "");
}

const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

if (import.meta.main) {
  const [failures, ...paths] = process.argv.slice(2);
  const { passed, failed, skipped } = summarise(paths.map((path) => readFileSync(path, "utf8")));
  for (const test of skipped) process.stdout.write(`skipped: ${test}\n`);
  process.stdout.write(`${passed} passed, ${failed + Number(failures)} failed, ${skipped.length} skipped\n`);
}
