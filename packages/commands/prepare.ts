/**
 * The first thing every `bun run` command does: a fresh machine gets what the command needs, then the command runs. It may
 * import nothing but the runtime's own modules, since packages may be missing; and it must cost next to nothing when all
 * is there.
 */
import { join } from "node:path";
import { chainToNpm, onceBroken } from "./preparing/launcher.ts";
import { ensurePackages } from "./preparing/packages.ts";
import { ensurePrograms, type Program } from "./preparing/programs.ts";

const root = join(import.meta.dirname, "..", "..");
const script = (name: string) => [join(import.meta.dirname, `${name}.ts`)];

/** What `test:quick` leaves out: the whole system, and files of tests that take seconds each, which say so in their name. */
const slowTests = ["packages/end-to-end/**", "**/*.slow.test.ts"].map((files) => `--path-ignore-patterns=${files}`);

/** Two files at a time, each in a world of its own: most of a test's time is waiting for a state. */
const testRunner = ["--no-orphans", "test", "--timeout=60000", "--parallel=2"];

/** What each command runs, and which programs it needs. `start` must outlive us, so it alone may leave children. */
const commands: Record<string, { run: string[]; needs: Program[] }> = {
  dev: { run: ["--no-orphans", ...script("dev")], needs: ["ffmpeg", "ffprobe"] },
  start: { run: script("start"), needs: ["ffmpeg", "ffprobe"] },
  stop: { run: script("stop"), needs: [] },
  keys: { run: ["--no-orphans", ...script("keys")], needs: [] },
  backup: { run: ["--no-orphans", ...script("backup")], needs: [] },
  restore: { run: ["--no-orphans", ...script("restore")], needs: [] },
  check: { run: ["--no-orphans", ...script("check")], needs: [] },
  import: { run: ["--no-orphans", ...script("import")], needs: [] },
  upload: { run: ["--no-orphans", ...script("upload")], needs: [] },
  test: { run: testRunner, needs: ["ffmpeg", "ffprobe", "curl"] },
  "test:quick": { run: [...testRunner, ...slowTests], needs: ["ffmpeg", "ffprobe", "curl"] },
  screenshots: {
    run: ["--no-orphans", join(root, "packages", "end-to-end", "studio", "screenshots.ts")],
    needs: ["ffmpeg", "ffprobe"],
  },
  bench: { run: ["--no-orphans", join(root, "packages", "bench", "main.ts")], needs: ["ffmpeg", "ffprobe"] },
  corpus: {
    run: ["--no-orphans", join(root, "packages", "end-to-end", "corpus", "main.ts")],
    needs: ["ffmpeg", "ffprobe"],
  },
};

const [name = "", ...rest] = process.argv.slice(2);
const command = commands[name];
if (!command) exit(`No command ${name}; there are ${Object.keys(commands).join(", ")}.`);

const problem = (await ensurePackages(root)) ?? (await ensurePrograms(command.needs));
if (problem) exit(problem);

const child = Bun.spawn([process.execPath, ...command.run, ...rest], {
  cwd: root,
  stdio: ["inherit", "inherit", "inherit"],
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
if (command.run.includes("--no-orphans")) onceBroken(chainToNpm(), () => child.kill("SIGTERM"));
process.exit(await child.exited);

function exit(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}
