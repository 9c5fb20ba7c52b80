/** Which files of a folder are run, and what is expected of each: those of its index, or all where it has none. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { mediaIndex } from "../sources.ts";
import { type Expectation, expectationOf } from "./expectation.ts";

export interface WantedFile {
  file: string;
  path: string;
  expectation: Expectation;
}

/**
 * In the order of the names. Rows without a file are passed over, so that an index may lie beside a selection.
 *
 * @param only parts of names; none means all files
 */
export async function wantedFiles(folder: string, only: string[] = []): Promise<WantedFile[]> {
  const rows = await mediaIndex(folder);
  const expected = new Map(rows.map((row) => [row.file, expectationOf(row.expect)]));
  const wanted: WantedFile[] = [];
  for (const file of (await readdir(folder)).sort()) {
    const path = join(folder, file);
    const isNamed = only.length === 0 || only.some((part) => file.includes(part));
    if (!isNamed || file === "INDEX.tsv" || file.startsWith(".") || !(await stat(path)).isFile()) continue;
    wanted.push({ file, path, expectation: expected.get(file) ?? "any" });
  }
  return wanted;
}
