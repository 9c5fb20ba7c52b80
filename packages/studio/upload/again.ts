/** Trying again what may pass by itself: a broken line, a server that restarts. */
import { Refusal } from "../shell/ask.ts";

export interface Again {
  signal: AbortSignal;
  /** Called with what went wrong before each wait, and with null once it has passed. */
  onTrouble: (refusal: Refusal | null) => void;
  /** Resolves after so many seconds or when the line is said to be back; rejects with the signal's reason. */
  wait: (seconds: number, signal: AbortSignal) => Promise<void>;
}

const delaysSeconds = [1, 2, 4, 8, 15];

/** Answers what `attempt` does in the end. @throws Refusal that does not pass, or the signal's reason */
export async function untilItPasses<Value>(attempt: () => Promise<Value>, again: Again): Promise<Value> {
  for (let tries = 0; ; tries++) {
    again.signal.throwIfAborted();
    try {
      const value = await attempt();
      if (tries > 0) again.onTrouble(null);
      return value;
    } catch (error) {
      again.signal.throwIfAborted();
      if (!(error instanceof Refusal) || !error.passes) throw error;
      again.onTrouble(error);
      const delay = delaysSeconds[Math.min(tries, delaysSeconds.length - 1)] ?? 1;
      await again.wait(Math.max(delay, error.retryAfter ?? 0), again.signal);
    }
  }
}

/** The wait of a browser: it also ends when the machine is online again. */
export function waitInBrowser(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
