/**
 * `bun run bench [PART] [--source FILE] [--plot FILE] [--quick]`: measures this system against what one would use instead, in one run on
 * one machine, and prints the ratios. PART is the beginning of a name below, such as `transcoding` or
 * `transcoding/far-ahead`; without it all are measured. Progress goes to stderr, the table to stdout. A goal that is not
 * met is told, and is no failure: what fails is a part that could not be measured.
 */
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "@video-backend/service";
import { createWorld } from "@video-backend/testing";
import type { Bench, Part } from "./bench.ts";
import { createClips } from "./clips.ts";
import { memory } from "./delivery/memory.ts";
import { playlists } from "./delivery/playlists.ts";
import { segments } from "./delivery/segments.ts";
import { quality } from "./quality/quality.ts";
import type { Row } from "./rows.ts";
import { table } from "./table.ts";
import { farAhead } from "./transcoding/far-ahead.ts";
import { longFilm } from "./transcoding/long-film.ts";
import { peaks } from "./transcoding/peaks.ts";
import { startLatency } from "./transcoding/start-latency.ts";
import { wholeLadder } from "./transcoding/whole-ladder.ts";
import { parallelUpload } from "./uploads/parallel.ts";

const parts: Record<string, Part> = {
  "transcoding/whole-ladder": wholeLadder,
  "transcoding/start-latency": startLatency,
  "transcoding/far-ahead": farAhead,
  "transcoding/long-film": longFilm,
  "transcoding/peaks": peaks,
  quality,
  "uploads/parallel": parallelUpload,
  "delivery/segments": segments,
  "delivery/playlists": playlists,
  "delivery/memory": memory,
};

const { values, positionals } = readArguments();
const wanted = Object.entries(parts).filter(([name]) =>
  `${name}/`.startsWith(positionals[0] ? `${positionals[0]}/` : ""),
);
if (wanted.length === 0 || positionals.length > 1) {
  exit(`No part ${positionals.join(" ")}; there are ${Object.keys(parts).join(", ")}.`);
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());
process.exit(await measureAll());

/** The exit code; everything that was started or written is gone when it resolves. */
async function measureAll(): Promise<number> {
  await using world = createWorld();
  const bench: Bench = {
    world,
    clips: createClips(world, values.source ? inCaller(values.source) : null),
    plotPath: values.plot ? inCaller(values.plot) : join(tmpdir(), "video-backend-quality.svg"),
    print: (text) => void process.stdout.write(`${text}\n`),
    repetitions: (count) => (values.quick ? 1 : count),
    signal: interrupted.signal,
    say: (sentence) => void process.stderr.write(`${sentence}\n`),
  };
  const rows: Row[] = [];
  let exitCode = 0;
  for (const [name, part] of wanted) {
    bench.say(name);
    try {
      rows.push(...(await part(bench)));
    } catch (error) {
      if (interrupted.signal.aborted) return 130;
      bench.say(`${name} could not be measured: ${messageOf(error)}`);
      exitCode = 1;
    }
  }
  process.stdout.write(`${table(rows)}\n`);
  return exitCode;
}

function readArguments() {
  try {
    const options = { source: { type: "string" }, plot: { type: "string" }, quick: { type: "boolean" } } as const;
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    return exit(`${messageOf(error)}. bun run bench [PART] [--source FILE] [--plot FILE] [--quick]`);
  }
}

/** A path as the caller of the command means it. */
function inCaller(path: string): string {
  return resolve(process.env.INIT_CWD ?? "", path);
}

function exit(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
