/**
 * A world of its own for each test: a temporary directory, a silent log, a clock that stands still until moved. What is
 * deferred runs in reverse order at the end, and the directory goes last.
 *
 * @example await using world = createWorld();
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, type Log } from "@video-backend/service";

export interface World extends AsyncDisposable {
  readonly directory: string;
  readonly log: Log;
  readonly clock: Clock;
  /** A path in the directory. */
  path(...parts: string[]): string;
  /** Runs at the end of the test, last deferred first. */
  defer(close: () => unknown): void;
}

export interface Clock {
  /** Epoch seconds. */
  now: () => number;
  advance(seconds: number): void;
}

export function createWorld(): World {
  const directory = mkdtempSync(join(tmpdir(), "video-backend-"));
  const deferred: (() => unknown)[] = [];
  return {
    directory,
    log: createLog("test", process.env.TEST_LOG_LEVEL ?? "silent"),
    clock: createClock(),
    path: (...parts) => join(directory, ...parts),
    defer: (close) => void deferred.push(close),
    async [Symbol.asyncDispose]() {
      for (const close of deferred.reverse()) await close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function createClock(): Clock {
  let seconds = 1_800_000_000;
  return {
    now: () => seconds,
    advance: (by) => {
      seconds += by;
    },
  };
}
