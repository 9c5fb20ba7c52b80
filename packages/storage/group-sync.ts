/** Concurrent syncs of one file share one call: callers that arrive while one is in progress share the next one. */
import type { FileHandle } from "node:fs/promises";

/** Resolves when everything that was written to the file before the call is on the disk. */
export type GroupSync = (name: string, file: FileHandle) => Promise<void>;

interface Turn {
  running: Promise<void>;
  next: Promise<void> | null;
}

export function createGroupSync(): GroupSync {
  const turns = new Map<string, Turn>();

  function begin(name: string, file: FileHandle): Promise<void> {
    const turn: Turn = { running: file.datasync(), next: null };
    turns.set(name, turn);
    return turn.running.finally(() => {
      if (turns.get(name) === turn && turn.next === null) turns.delete(name);
    });
  }

  return (name, file) => {
    const turn = turns.get(name);
    if (!turn) return begin(name, file);
    // The handle of the first caller, which waits for it, so it stays open.
    turn.next ??= turn.running.catch(() => undefined).then(() => begin(name, file));
    return turn.next;
  };
}
