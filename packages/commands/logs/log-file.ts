/**
 * A log file that does not grow for ever: `upload.log`, and behind it `upload.log.1` (younger) to `upload.log.3`. Lines are
 * written at once and in order, so that the last words before a crash are there.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "@video-backend/service";

export interface LogFile {
  readonly path: string;
  /** Appends a line. A disk that is full loses lines, never a service: the reason goes to stderr. */
  write(line: string): void;
}

const mebibyte = 1024 * 1024;

/** Opens it, going on where an earlier run ended. */
export function openLogFile(path: string, { maxBytes = 10 * mebibyte, keep = 3 } = {}): LogFile {
  mkdirSync(dirname(path), { recursive: true });
  let sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;

  function rotate(): void {
    for (let n = keep; n >= 1; n--) {
      const younger = n === 1 ? path : `${path}.${n - 1}`;
      if (statSync(younger, { throwIfNoEntry: false })) renameSync(younger, `${path}.${n}`);
    }
    sizeBytes = 0;
  }

  return {
    path,
    write(line) {
      const bytes = Buffer.from(`${line}\n`);
      try {
        if (sizeBytes > 0 && sizeBytes + bytes.length > maxBytes) rotate();
        appendFileSync(path, bytes);
        sizeBytes += bytes.length;
      } catch (error) {
        process.stderr.write(`Cannot write ${path}: ${messageOf(error)}\n`);
      }
    },
  };
}

/** The last lines of a file; none when there is no such file. */
export function lastLinesOf(path: string, count: number): string[] {
  if (!statSync(path, { throwIfNoEntry: false })) return [];
  return readFileSync(path, "utf8").trimEnd().split("\n").slice(-count);
}
