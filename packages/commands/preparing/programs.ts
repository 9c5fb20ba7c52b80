/** Programs that are no packages of ours, by the system's own package manager. What cannot be done is told as a line to run. */
import { type Installation, installationOf, type Machine } from "./package-manager.ts";

export type Program = "ffmpeg" | "ffprobe" | "curl";

const packageOf: Record<Program, string> = { ffmpeg: "ffmpeg", ffprobe: "ffmpeg", curl: "curl" };

/** Installs those that are missing. Null when all are there, else a sentence. */
export async function ensurePrograms(programs: Program[]): Promise<string | null> {
  const missing = missingOf(programs);
  if (missing.length === 0) return null;
  const packages = [...new Set(missing.map((program) => packageOf[program]))];
  const plan = installationOf(packages, await thisMachine());
  if (!plan) return `Missing on PATH: ${missing.join(", ")}. Install ${packages.join(" and ")}, then run this again.`;
  if (plan.allowed) {
    console.log(`Installing ${packages.join(" and ")} with ${plan.manager}.`);
    let failure: string | null = null;
    for (const attempt of plan.attempts) {
      failure = await run(attempt);
      if (failure === null && missingOf(programs).length === 0) return null;
    }
    if (failure) console.error(failure);
  }
  return `Missing on PATH: ${missing.join(", ")}. Run \`${byHand(plan)}\`, then this again.`;
}

const missingOf = (programs: Program[]) => programs.filter((program) => !Bun.which(program));

const byHand = ({ attempts }: Installation) => (attempts.at(-1) ?? []).map((command) => command.join(" ")).join(" && ");

async function thisMachine(): Promise<Machine> {
  const root = process.getuid?.() === 0;
  return {
    has: (program) => Bun.which(program) !== null,
    root,
    sudo: !root && Bun.which("sudo") !== null && (await quietly(["sudo", "-n", "true"])),
  };
}

/** Null when all of these commands went well, else what the one that failed said. */
async function run(commands: string[][]): Promise<string | null> {
  for (const command of commands) {
    const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "pipe"] });
    const [said, complained] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (child.exitCode !== 0) return `${said}${complained}\`${command.join(" ")}\` failed with ${child.exitCode}.`;
  }
  return null;
}

async function quietly(command: string[]): Promise<boolean> {
  return (await Bun.spawn(command, { stdio: ["ignore", "ignore", "ignore"] }).exited) === 0;
}
