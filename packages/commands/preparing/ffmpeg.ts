/** ffmpeg and ffprobe by the system's own package manager. What cannot be done here is told as the line to run. */
import { type Installation, installationOf, type Machine } from "./package-manager.ts";

/** Installs them when one is missing. Null when both are there, else a sentence. */
export async function ensureFfmpeg(): Promise<string | null> {
  if (hasFfmpeg()) return null;
  const plan = installationOf("ffmpeg", await thisMachine());
  if (!plan) return "ffmpeg and ffprobe are missing; install FFmpeg so that both are on PATH, then run this again.";
  if (plan.allowed) {
    console.log(`ffmpeg is missing; installing it with ${plan.manager}.`);
    for (const attempt of plan.attempts) if ((await run(attempt)) && hasFfmpeg()) return null;
  }
  return `ffmpeg and ffprobe are missing; run \`${byHand(plan)}\`, then this again.`;
}

const hasFfmpeg = () => Boolean(Bun.which("ffmpeg") && Bun.which("ffprobe"));

const byHand = ({ attempts }: Installation) => (attempts.at(-1) ?? []).map((command) => command.join(" ")).join(" && ");

async function thisMachine(): Promise<Machine> {
  const root = process.getuid?.() === 0;
  return {
    has: (program) => Bun.which(program) !== null,
    root,
    sudo: !root && Bun.which("sudo") !== null && (await quietly(["sudo", "-n", "true"])),
  };
}

/** Whether all of these commands went well; what a failing one said is shown. */
async function run(commands: string[][]): Promise<boolean> {
  for (const command of commands) {
    const child = Bun.spawn(command, { stdio: ["ignore", "pipe", "pipe"] });
    const [said, complained] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (child.exitCode !== 0) {
      console.error(`${said}${complained}\`${command.join(" ")}\` failed with exit code ${child.exitCode}.`);
      return false;
    }
  }
  return true;
}

async function quietly(command: string[]): Promise<boolean> {
  return (await Bun.spawn(command, { stdio: ["ignore", "ignore", "ignore"] }).exited) === 0;
}
