/**
 * What the system says of a process that may not be our child. On Linux from /proc, since a small machine has no `ps`;
 * elsewhere from `ps`. A process that ended and waits for its parent to notice counts as gone.
 */
import { readFileSync } from "node:fs";

export interface ProcessEntry {
  name: string;
  parent: number;
  /** When it began, in whatever unit the system counts. With the pid it names one process for good. */
  began: string;
}

/** Null when there is no such process. */
export function findProcess(pid: number): ProcessEntry | null {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

/** Whether there is such a process. */
export function isAlive(pid: number): boolean {
  return findProcess(pid) !== null;
}

/** proc(5): `pid (name) state parent ...`, where the name may hold anything; the beginning is field 22. */
function fromProc(pid: number): ProcessEntry | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const began = rest[22 - 5];
    return state === "Z" || began === undefined ? null : { name, parent: Number(parent), began };
  } catch {
    return null;
  }
}

function fromPs(pid: number): ProcessEntry | null {
  const { stdout } = Bun.spawnSync(["ps", "-o", "state=,ppid=,lstart=,comm=", "-p", String(pid)]);
  const [state, parent, ...rest] = stdout.toString().trim().split(/\s+/);
  if (!state || state.startsWith("Z")) return null;
  return { parent: Number(parent), began: rest.slice(0, 5).join("-"), name: rest.slice(5).join(" ") };
}
