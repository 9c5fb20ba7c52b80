/** What the kernel tells of a process and those that it started, read from /proc (proc(5)); Linux only. */
import { readdir, readFile } from "node:fs/promises";

export interface ProcessState {
  id: number;
  /** Without its path, at most 15 characters. */
  name: string;
  parentId: number;
  /** A letter: `R` running, `S` sleeping, `T` stopped by a signal, `Z` ended … */
  state: string;
  residentBytes: number;
}

/** The process and all below it, as they are at this moment. */
export async function processTree(rootId: number): Promise<ProcessState[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = (await Promise.all(ids.map(readState))).filter((one) => one !== null);
  const found = all.filter((one) => one.id === rootId);
  // The list grows while it is walked: children of children follow.
  for (const parent of found) found.push(...all.filter((one) => one.parentId === parent.id));
  return found;
}

/** Null when it has ended in the meantime. */
async function readState(id: string): Promise<ProcessState | null> {
  const text = await readFile(`/proc/${id}/status`, "utf8").catch(() => null);
  if (text === null) return null;
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(text)?.[1] ?? "";
  return {
    id: Number(id),
    name: field("Name"),
    parentId: Number(field("PPid")),
    state: field("State"),
    residentBytes: Number(field("VmRSS")) * 1024,
  };
}

/** Linux tells times in hundredths of a second, on every processor that it runs on. */
const ticksASecond = 100;

/** Processor time of a process and all below it so far, in seconds, the kernel's work for them included. */
export async function processorSeconds(rootId: number): Promise<number> {
  let ticks = 0;
  for (const { id } of await processTree(rootId)) {
    const text = await readFile(`/proc/${id}/stat`, "utf8");
    // After the name, which may hold anything, `utime` and `stime` are the twelfth and thirteenth field.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticksASecond;
}
