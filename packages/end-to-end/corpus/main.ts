/**
 * `bun run corpus [DIR] [--only PART]`: every file of a folder through the running system, as a client would, and what is
 * served of it against what the file really holds. DIR is by default the shared media folder; with an INDEX.tsv in it each
 * file has to come out as that says, without one each has to end well or with a reason. PART is a part of a file's name;
 * several by commas or by repeating it. Progress goes to stderr, table and summary to stdout; a difference is exit code 1.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "@video-backend/service";
import { mediaFolder } from "@video-backend/testing/media";
import { type System, startSystem } from "../system.ts";
import { checkAftermath } from "./aftermath.ts";
import { judge } from "./judge.ts";
import { fileLine, type Result, summary, table } from "./report.ts";
import { runFile } from "./run-file.ts";
import { type WantedFile, wantedFiles } from "./wanted-files.ts";

const usage = "bun run corpus [DIR] [--only PART]";
/** Two files that go through at once show what one does to the other. */
const filesAtOnce = 2;
const interruptedCode = 130;

const { values, positionals } = readArguments();
// npm runs scripts in the project's folder, and says here where it was called.
const folder = positionals[0] === undefined ? mediaFolder : resolve(process.env.INIT_CWD ?? "", positionals[0]);
const only = (values.only ?? []).flatMap((part) => part.split(",")).filter((part) => part !== "");
const files = await wantedFiles(folder, only).catch((error: unknown) => exit(messageOf(error)));
if (files.length === 0)
  exit(`No file in ${folder}${only.length > 0 ? ` is named like ${only.join(" or ")}` : ""}. ${usage}`);

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupted.abort());
process.exit(await runAll());

/** The exit code; the system and its storage are gone when it resolves. */
async function runAll(): Promise<number> {
  await using system = await startSystem();
  const results: Result[] = [];
  const queue = files.values();
  try {
    await Promise.all(Array.from({ length: filesAtOnce }, () => work(system, queue, results)));
  } catch (error) {
    if (interrupted.signal.aborted) return interruptedCode;
    throw error;
  }
  results.sort((a, b) => (a.file < b.file ? -1 : 1));
  const aftermath = await checkAftermath(system);
  process.stdout.write(`${table(results)}\n\n${summary(results, aftermath)}\n`);
  const isSame = results.every((result) => result.verdict.differences.length === 0);
  return isSame && aftermath.length === 0 ? 0 : 1;
}

/** Takes files from the queue that all share until it is empty. */
async function work(system: System, queue: Iterable<WantedFile>, results: Result[]): Promise<void> {
  for (const { file, path, expectation } of queue) {
    interrupted.signal.throwIfAborted();
    const outcome = await runFile(system, path, interrupted.signal);
    const result = { file, expectation, outcome, verdict: judge(expectation, outcome) };
    results.push(result);
    process.stderr.write(`${results.length}/${files.length}  ${fileLine(result)}\n`);
  }
}

function readArguments() {
  try {
    return parseArgs({ options: { only: { type: "string", multiple: true } }, allowPositionals: true });
  } catch (error) {
    return exit(`${messageOf(error)}. ${usage}`);
  }
}

function exit(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
