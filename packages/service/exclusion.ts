/**
 * One holder per key, and the newer one may take over: the one rule by which requests and background work that touch the
 * same thing keep out of each other's way, in this process. Those at a key have an order, the order in which they came.
 * Being there excludes nobody; who needs the key alone waits for the older ones, and may ask them to release it. Asking is
 * an `AbortSignal`: the holder stops at a point that suits it, then releases.
 *
 * @example using hold = await exclusion.acquire(`source ${id}`, { supersede: new Error("a newer request") });
 */
export interface Exclusion {
  /** Joins those at the key, behind all who are there, without waiting. */
  enter(key: string): Hold;
  /**
   * Holds the key alone: waits until all who came before have released it. With `supersede` they are asked to, for this
   * reason; without it they finish what they do.
   *
   * @param signal ends the waiting
   * @throws the reason for which a newer one superseded it while it waited; the reason of `signal`
   */
  acquire(key: string, options?: { supersede?: Error; signal?: AbortSignal }): Promise<Hold>;
  /** Holds the key if nobody is there; null otherwise. */
  tryAcquire(key: string): Hold | null;
  /** True while anybody is at the key. */
  isHeld(key: string): boolean;
  /** Asks all at all keys to release, and resolves when they have: for a service that stops. */
  endAll(reason: Error): Promise<void>;
}

/** Released when disposed, which may happen more than once. */
export interface Hold extends Disposable {
  /** Aborts when a newer one asks for the key, with its reason. */
  readonly signal: AbortSignal;
  /** Asks all who came before to release the key, at once; resolves when they have. */
  supersede(reason: Error): Promise<void>;
}

interface Entry {
  abort: AbortController;
  released: PromiseWithResolvers<void>;
}

/** With nobody at any key. */
export function createExclusion(): Exclusion {
  // A set iterates in the order of insertion.
  const entries = new Map<string, Set<Entry>>();

  function enter(key: string): Hold & { older(): Promise<unknown> } {
    const entry: Entry = { abort: new AbortController(), released: Promise.withResolvers() };
    const here = entries.get(key) ?? new Set();
    const before = [...here];
    entries.set(key, here.add(entry));
    const older = () => Promise.all(before.map(({ released }) => released.promise));
    return {
      signal: entry.abort.signal,
      older,
      async supersede(reason) {
        for (const { abort } of before) abort.abort(reason);
        await older();
      },
      [Symbol.dispose]() {
        here.delete(entry);
        if (here.size === 0 && entries.get(key) === here) entries.delete(key);
        entry.released.resolve();
      },
    };
  }

  return {
    enter,
    async acquire(key, { supersede, signal } = {}) {
      const hold = enter(key);
      try {
        await unlessAborted(supersede ? hold.supersede(supersede) : hold.older(), signal);
        hold.signal.throwIfAborted();
        return hold;
      } catch (error) {
        hold[Symbol.dispose]();
        throw error;
      }
    },
    tryAcquire: (key) => (entries.has(key) ? null : enter(key)),
    isHeld: (key) => entries.has(key),
    async endAll(reason) {
      const all = [...entries.values()].flatMap((here) => [...here]);
      for (const { abort } of all) abort.abort(reason);
      await Promise.all(all.map(({ released }) => released.promise));
    },
  };
}

async function unlessAborted(waiting: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return void (await waiting);
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await Promise.race([waiting, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
