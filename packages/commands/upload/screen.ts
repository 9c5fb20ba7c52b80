/**
 * Where progress is shown: one line that is written over on a terminal, a plain line now and then where the output goes to
 * a file or a log.
 */

export interface Screen {
  /** A line that stays. */
  say(line: string): void;
  /** The line that is written over by the next one. */
  show(line: string): void;
  /** Takes that line away, before somebody else writes. */
  clear(): void;
}

export interface ScreenOptions {
  write: (text: string) => void;
  /** The terminal's width, or null where there is none. */
  columns: () => number | null;
  /** Seconds. */
  now: () => number;
}

/** The screen of this process's own output. */
export function screenOfTerminal(): Screen {
  const now = () => performance.now() / 1000;
  const columns = () => (process.stdout.isTTY ? process.stdout.columns : null);
  const screen = createScreen({ write: (text) => void process.stdout.write(text), columns, now });
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    ...screen,
    show(line) {
      if (now() - shownAt < terminalSeconds) return;
      shownAt = now();
      screen.show(line);
    },
  };
}

const plainSeconds = 5;
/** A terminal is not written to for each of a million files. */
const terminalSeconds = 0.1;
const eraseLine = "\r\u001b[2K";

/** A screen over any output. */
export function createScreen({ write, columns, now }: ScreenOptions): Screen {
  let shown = "";
  let shownAt = Number.NEGATIVE_INFINITY;
  function clear(): void {
    if (shown !== "" && columns() !== null) write(eraseLine);
    shown = "";
  }
  return {
    clear,
    say(line) {
      clear();
      write(`${line}\n`);
    },
    show(line) {
      const width = columns();
      if (line === shown || (width === null && now() - shownAt < plainSeconds)) return;
      shown = line;
      shownAt = now();
      // A line as wide as the terminal would wrap, and could not be written over.
      write(width === null ? `${line}\n` : `${eraseLine}${line.slice(0, width - 1)}`);
    },
  };
}
