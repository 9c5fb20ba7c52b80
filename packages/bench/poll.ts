/** Asking until something is there, as a client does: over HTTP, with a bound on time, and ended by the signal. */
import { setTimeout } from "node:timers/promises";

/**
 * Asks again after each null.
 *
 * @throws Error with `what` when it takes too long; the signal's reason
 */
export async function poll<Value>(
  what: string,
  ask: () => Promise<Value | null>,
  { signal, everySeconds, limitSeconds }: { signal: AbortSignal; everySeconds: number; limitSeconds: number },
): Promise<Value> {
  const end = performance.now() + limitSeconds * 1000;
  for (;;) {
    signal.throwIfAborted();
    const value = await ask();
    if (value !== null) return value;
    if (performance.now() > end) throw new Error(`Waited ${limitSeconds} s in vain: ${what}`);
    await setTimeout(everySeconds * 1000, undefined, { signal });
  }
}

/** The body of an address as soon as it answers 200; what says 404 or 503 may be there in a moment. */
export function getWhenThere(url: string | URL, signal: AbortSignal): Promise<Uint8Array> {
  const ask = async () => {
    const response = await fetch(url, { signal });
    const body = await response.bytes();
    if (response.ok) return body;
    if (response.status === 404 || response.status === 503) return null;
    throw new Error(`${url} answered ${response.status}`);
  };
  return poll(`${url} is there`, ask, { signal, everySeconds: 0.01, limitSeconds: 60 });
}
