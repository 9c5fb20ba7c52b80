/** A background loop: the same work every so often, until the service stops. */
import { setTimeout as pause } from "node:timers/promises";
import { isDatabaseBusy } from "@video-backend/database/busy";
import type { Log } from "./log.ts";

export interface Repetition {
  everySeconds: number;
  /** Before the first time; none by default. */
  firstAfterSeconds?: number;
  log: Log;
  signal: AbortSignal;
}

/** Work that fails is logged, and done again at its next time. Resolves soon after the signal aborts. */
export async function repeat(work: () => Promise<void>, repetition: Repetition): Promise<void> {
  const { everySeconds, firstAfterSeconds = 0, log, signal } = repetition;
  if (firstAfterSeconds > 0) await pauseUnlessAborted(firstAfterSeconds, signal);
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (isDatabaseBusy(error)) log.warn("a background loop found the database held by another program; it goes on");
      else if (!signal.aborted) log.error({ err: error }, "a background loop failed; it goes on");
    }
    await pauseUnlessAborted(everySeconds, signal);
  }
}

async function pauseUnlessAborted(seconds: number, signal: AbortSignal): Promise<void> {
  await pause(seconds * 1000, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
