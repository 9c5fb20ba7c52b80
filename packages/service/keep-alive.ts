/**
 * Starts a process again whenever it ends by itself, after a pause that doubles while it keeps dying: a service that
 * cannot start (a full disk) must not eat the machine, one that crashed once must be back at once.
 */

/** A child process, as far as keeping it alive goes. */
export interface KeptProcess {
  /** Resolves with a sentence's end, such as `ended with exit code 1`, when it is gone. */
  readonly ended: Promise<string>;
  /** SIGTERM, and after so many seconds SIGKILL. Resolves when it is gone. */
  stop(deadlineSeconds: number): Promise<void>;
}

export interface KeepAliveOptions {
  start: () => KeptProcess;
  /** Aborted when the process is to end for good. */
  stop: AbortSignal;
  /** How long it may take to drain then. */
  drainSeconds: number;
  /** Told of each death, with the pause until the next start. */
  onDeath: (how: string, pauseSeconds: number) => void;
  pauseSeconds?: (deathsInARow: number) => number;
}

const secondsToBeTrusted = 60;

/** 0.5 s after the first death in a row, then twice that each time, 30 s at most. */
export function restartPauseSeconds(deathsInARow: number): number {
  return Math.min(30, 0.5 * 2 ** (deathsInARow - 1));
}

/** Resolves when it was told to stop and the process is gone. A process that ran for a minute starts afresh in the count. */
export async function keepAlive(options: KeepAliveOptions): Promise<void> {
  const { stop, pauseSeconds = restartPauseSeconds } = options;
  const told = aborted(stop);
  let deathsInARow = 0;
  while (!stop.aborted) {
    const startedAt = performance.now();
    const running = options.start();
    const how = await Promise.race([running.ended, told]);
    if (how === undefined) return running.stop(options.drainSeconds);
    const ranSeconds = (performance.now() - startedAt) / 1000;
    deathsInARow = ranSeconds >= secondsToBeTrusted ? 1 : deathsInARow + 1;
    const pause = pauseSeconds(deathsInARow);
    options.onDeath(how, pause);
    await sleepUnless(told, pause);
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

async function sleepUnless(told: Promise<undefined>, seconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, seconds * 1000);
  await Promise.race([promise, told]);
  clearTimeout(timer);
}
