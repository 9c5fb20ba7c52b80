/**
 * The cues of a caption file, and the grammar that SubRip and WebVTT have in common: blocks parted by blank lines, each
 * with a line of times and then its text. Both are read here, so that either format is as lenient, and as strict, as the
 * other.
 */

export interface Cue {
  startMilliseconds: number;
  endMilliseconds: number;
  /** Of WebVTT, such as `line:0 align:start`; empty where there are none. */
  settings: string;
  /** Of WebVTT, for its styles to point at; empty where there is none. */
  identifier: string;
  /** WebVTT cue text, lines joined by `\n`; none of them is empty. */
  text: string;
}

export interface Captions {
  /** STYLE and REGION blocks of WebVTT, as they stand. */
  definitions: string[];
  /** In order of their start. They may overlap. */
  cues: Cue[];
}

/** The file cannot be understood; the message is for people and names the line. */
export class CaptionsError extends Error {
  override name = "CaptionsError";
  /** Of the first line that cannot be understood, from 1; null where it is no single line's fault. */
  readonly line: number | null;

  constructor(message: string, line: number | null = null) {
    super(message);
    this.line = line;
  }
}

/** Lines without a blank one between them. */
export interface Block {
  /** Number of its first line, from 1. */
  line: number;
  lines: string[];
}

/** Parts a text into blocks, whatever its line ends are. */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (line.trim() === "") {
      open = null;
      continue;
    }
    if (!open) {
      open = { line: index + 1, lines: [] };
      blocks.push(open);
    }
    open.lines.push(line);
  }
  return blocks;
}

/** What is peculiar to one of the two formats. */
export interface Dialect {
  /** What a line of times looks like, for the message. */
  example: string;
  /** True where the line before the times is a number that says nothing. */
  isNumbered: boolean;
  keepsSettings: boolean;
  /** Turns the lines of a cue into WebVTT cue text. */
  textOf: (lines: string[]) => string;
  /** A block without times: `refuse` it, or `join` it to the cue before, as a blank line within its text. */
  strays: "refuse" | "join";
  /** A cue that is shown for no time: `drop` it, or show it `untilNext`, where the format tells beginnings alone. */
  timeless: "drop" | "untilNext";
}

/** A cue whose end nobody told is not shown for longer than this. */
const longestGuessMilliseconds = 5000;

/**
 * The cues of these blocks, in order of their start. A cue without text is dropped.
 *
 * @throws CaptionsError at the first line that cannot be understood
 */
export function cuesOf(blocks: Block[], dialect: Dialect): Cue[] {
  const cues: (Omit<Cue, "text"> & { lines: string[] })[] = [];
  for (const block of blocks) {
    const before = cues.length;
    for (const [index, line] of block.lines.entries()) {
      const number = block.line + index;
      const times = timesIn(line, number);
      const last = cues.at(-1);
      if (times) {
        // The line above is this cue's name, also where the blank line before it was forgotten.
        const above = index > 0 ? (block.lines[index - 1] ?? "") : "";
        const isFirst = cues.length === before;
        if (last && !isFirst && dialect.isNumbered && /^\s*\d+\s*$/.test(above)) last.lines.pop();
        const settings = dialect.keepsSettings ? times.settings : "";
        cues.push({ ...times, settings, identifier: isFirst && !dialect.isNumbered ? above.trim() : "", lines: [] });
      } else if (cues.length > before) {
        last?.lines.push(line);
      } else if (index === 0 && block.lines.length > 1 && timesIn(block.lines[1] ?? "", number + 1)) {
        // The name of the cue that the next line begins.
      } else if (dialect.strays === "join") {
        last?.lines.push(line);
      } else {
        throw notUnderstood(line, number, dialect.example);
      }
    }
  }
  const shown = cues
    .map(({ lines, ...cue }) => ({ ...cue, text: nonEmptyLines(dialect.textOf(lines)) }))
    .filter((cue) => cue.text !== "")
    .sort((a, b) => a.startMilliseconds - b.startMilliseconds);
  const timed = dialect.timeless === "untilNext" ? shown.map((cue, index) => withEnd(cue, shown[index + 1])) : shown;
  return timed.filter((cue) => cue.endMilliseconds > cue.startMilliseconds);
}

function withEnd(cue: Cue, next: Cue | undefined): Cue {
  if (cue.endMilliseconds > cue.startMilliseconds) return cue;
  const latest = cue.startMilliseconds + longestGuessMilliseconds;
  return { ...cue, endMilliseconds: Math.min(latest, next?.startMilliseconds ?? latest) };
}

const time = String.raw`(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})`;
const timesPattern = new RegExp(String.raw`^\s*${time}\s*-->\s*${time}(?:\s+(\S.*))?$`);

function timesIn(line: string, number: number) {
  const parts = timesPattern.exec(line.trimEnd());
  if (!parts) return null;
  const startMilliseconds = milliseconds(parts.slice(1, 5));
  const endMilliseconds = milliseconds(parts.slice(5, 9));
  if (startMilliseconds === null || endMilliseconds === null) return null;
  if (endMilliseconds < startMilliseconds) {
    throw new CaptionsError(`Line ${number} cannot be understood: the cue ends before it begins`, number);
  }
  return { startMilliseconds, endMilliseconds, settings: settingsIn(parts[9] ?? "") };
}

function milliseconds(parts: (string | undefined)[]): number | null {
  const [hours = "0", minutes = "0", seconds = "0", fraction = "0"] = parts;
  if (Number(minutes) > 59 || Number(seconds) > 59) return null;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, "0"));
}

const settingsIn = (text: string): string =>
  text
    .split(/\s+/)
    .filter((setting) => /^(vertical|line|position|size|align|region):[^\s:]+$/.test(setting))
    .join(" ");

/** A blank line would end the cue. */
const nonEmptyLines = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("\n");

function notUnderstood(line: string, number: number, example: string): CaptionsError {
  const shown = line.trim().slice(0, 60);
  return new CaptionsError(
    `Line ${number} cannot be understood: ${JSON.stringify(shown)} is where the times of a cue are expected, such as ${example}`,
    number,
  );
}
