/**
 * Says which process is the supervisor. A pid alone would lie after a restart of the machine, when another program has
 * the number; so the file also holds when that process began, and both must agree.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProcess } from "./process-table.ts";

/** Where the supervisor of a storage directory leaves word of itself. */
export function pidFileOf(storageDir: string): string {
  return join(storageDir, "run", "supervisor.pid");
}

/** The pid of the process that wrote the file, if it still lives; else null, and a stale file is removed. */
export function readPidFile(path: string): number | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return null;
  }
  const [pid, began] = text.trim().split(" ");
  if (began && began === findProcess(Number(pid))?.began) return Number(pid);
  removePidFile(path);
  return null;
}

/**
 * Claims the file for this process.
 *
 * @throws Error when another one holds it
 */
export function writePidFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const holder = readPidFile(path);
  if (holder !== null) throw new Error(`Process ${holder} has ${path} already`);
  writeFileSync(path, `${process.pid} ${findProcess(process.pid)?.began}\n`, { flag: "wx" });
}

/** The last thing its holder does; removing it for a process that was killed is fine too. */
export function removePidFile(path: string): void {
  rmSync(path, { force: true });
}
