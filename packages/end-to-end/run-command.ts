/** Runs a command of `packages/commands` as an operator does, for a storage of a test. */
import { join } from "node:path";

const commands = join(import.meta.dirname, "..", "commands");

export interface CommandRun {
  exitCode: number;
  /** Without what it shows while it runs. */
  lines: string[];
  errors: string;
}

export function startCommand(
  name: string,
  words: string[],
  environment: Record<string, string>,
): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  return Bun.spawn([process.execPath, "--no-orphans", join(commands, `${name}.ts`), ...words], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

export async function runCommand(
  name: string,
  words: string[],
  environment: Record<string, string>,
): Promise<CommandRun> {
  const child = startCommand(name, words, environment);
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { exitCode: await child.exited, lines: output.trim().split("\n"), errors };
}
