/**
 * Who is at work on an upload, in this process. Two needs meet here: work that must run once however many ask for it,
 * and a delete that must end whatever runs and come back only when it has ended.
 */

export interface WorkRegister {
  /** Enters somebody who works on an upload until disposed; the signal aborts when that work is to end. */
  enter(uploadId: string): Visit;
  /** Runs `work`, or waits for the run that is under way and shares its outcome. */
  join(uploadId: string, work: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** True while a `join` runs. */
  isBusy(uploadId: string): boolean;
  /** True while anybody is at work on it: a chunk that is coming in, a `join`, a reader. */
  isVisited(uploadId: string): boolean;
  /** Aborts all work on an upload, with this reason, and resolves when everybody has left. */
  end(uploadId: string, reason: Error): Promise<void>;
  /** The same for every upload: for a service that stops. */
  endAll(reason: Error): Promise<void>;
}

export interface Visit extends Disposable {
  signal: AbortSignal;
}

interface Visitor {
  abort: AbortController;
  left: PromiseWithResolvers<void>;
}

/** An empty register. */
export function createWorkRegister(): WorkRegister {
  const visitors = new Map<string, Set<Visitor>>();
  const runs = new Map<string, Promise<void>>();

  function enter(uploadId: string): Visit {
    const visitor: Visitor = { abort: new AbortController(), left: Promise.withResolvers() };
    const here = visitors.get(uploadId) ?? new Set();
    visitors.set(uploadId, here.add(visitor));
    return {
      signal: visitor.abort.signal,
      [Symbol.dispose]() {
        here.delete(visitor);
        if (here.size === 0 && visitors.get(uploadId) === here) visitors.delete(uploadId);
        visitor.left.resolve();
      },
    };
  }

  async function run(uploadId: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    using visit = enter(uploadId);
    await work(visit.signal);
  }

  async function end(uploadId: string, reason: Error): Promise<void> {
    const here = [...(visitors.get(uploadId) ?? [])];
    for (const visitor of here) visitor.abort.abort(reason);
    await Promise.all(here.map((visitor) => visitor.left.promise));
  }

  return {
    enter,
    join(uploadId, work) {
      const underWay = runs.get(uploadId);
      if (underWay) return underWay;
      const started = run(uploadId, work).finally(() => runs.delete(uploadId));
      runs.set(uploadId, started);
      return started;
    },
    isBusy: (uploadId) => runs.has(uploadId),
    isVisited: (uploadId) => visitors.has(uploadId),
    end,
    async endAll(reason) {
      await Promise.all([...visitors.keys()].map((uploadId) => end(uploadId, reason)));
    },
  };
}
