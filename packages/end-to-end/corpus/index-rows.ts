/** The index of a folder of media, as rows: which files there are, and what should become of each. Pure. */

export interface IndexRow {
  file: string;
  /** In the index's own words; `expectation.ts` reads them. */
  expect: string;
}

/** Rows of tab-separated text whose first line names the columns; others than those two are passed over. */
export function readIndex(text: string): IndexRow[] {
  const [header = "", ...lines] = text.trim().split(/\r?\n/);
  const names = header.split("\t");
  return lines.map((line) => {
    const cells = line.split("\t");
    const cell = (name: keyof IndexRow) => cells[names.indexOf(name)] ?? "";
    return { file: cell("file"), expect: cell("expect") };
  });
}
