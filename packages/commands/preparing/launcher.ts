/**
 * Notices that `npx` was ended. It passes SIGTERM to the shell it runs, and a shell passes it to nobody: what `npx bun run`
 * started would go on for ever, holding its ports. Bun's own `--no-orphans` sees only the nearest parent.
 */
import { findProcess } from "../processes/process-table.ts";

/** The processes from our parent up to npm; none when npm did not start us. */
export function chainToNpm(find = findProcess, from = process.ppid): number[] {
  const chain: number[] = [];
  for (let pid = from; pid > 1 && chain.length < 6; ) {
    chain.push(pid);
    const entry = find(pid);
    if (!entry) return [];
    if (entry.name.startsWith("npm ") || entry.name.startsWith("npx ")) return chain;
    pid = entry.parent;
  }
  return [];
}

/** Calls back once when one of the chain is gone. Does not keep the process alive by itself. */
export function onceBroken(chain: number[], callback: () => void, everySeconds = 0.25): void {
  const timer = setInterval(() => {
    if (chain.every((pid) => findProcess(pid))) return;
    clearInterval(timer);
    callback();
  }, everySeconds * 1000);
  timer.unref();
}
