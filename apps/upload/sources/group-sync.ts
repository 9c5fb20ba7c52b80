/**
 * Brings a file to the disk for several writers at once. A sync covers all that was written before it began; so whoever
 * asks while one is under way shares the next one with everybody else who waits, and several senders of one file cost fewer
 * syncs, each of which may be a commit of the file system's journal.
 */
import type { FileHandle } from "node:fs/promises";

/** Resolves when all that was written to the file before the call is on disk. */
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
    // The file of whoever asked first: he waits for it, so it stays open.
    turn.next ??= turn.running.catch(() => undefined).then(() => begin(name, file));
    return turn.next;
  };
}
