/**
 * The first thing every `bun run` command does: a fresh machine gets what the command needs, then the command runs. It may
 * import nothing but the runtime's own modules, since packages may be missing; and it must cost next to nothing when all
 * is there.
 */
import { join } from "node:path";
import { ensureFfmpeg } from "./preparing/ffmpeg.ts";
import { chainToNpm, onceBroken } from "./preparing/launcher.ts";
import { ensurePackages } from "./preparing/packages.ts";

const root = join(import.meta.dirname, "..", "..");
const script = (name: string) => [join(import.meta.dirname, `${name}.ts`)];

/** What each command runs, and whether it needs ffmpeg. `start` must outlive us, so it alone may leave children. */
const commands: Record<string, { run: string[]; ffmpeg: boolean }> = {
  dev: { run: ["--no-orphans", ...script("dev")], ffmpeg: true },
  start: { run: script("start"), ffmpeg: true },
  stop: { run: script("stop"), ffmpeg: false },
  upload: { run: ["--no-orphans", ...script("upload")], ffmpeg: false },
  test: { run: ["--no-orphans", "test"], ffmpeg: true },
};

const [name = "", ...rest] = process.argv.slice(2);
const command = commands[name];
if (!command) exit(`No command ${name}; there are ${Object.keys(commands).join(", ")}.`);

const problem = (await ensurePackages(root)) ?? (command.ffmpeg ? await ensureFfmpeg() : null);
if (problem) exit(problem);

const child = Bun.spawn([process.execPath, ...command.run, ...rest], {
  cwd: root,
  stdio: ["inherit", "inherit", "inherit"],
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
if (command.run.includes("--no-orphans")) onceBroken(chainToNpm(), () => child.kill("SIGTERM"));
await child.exited;
process.exit(child.exitCode ?? 1);

function exit(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}
