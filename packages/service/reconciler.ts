/**
 * Level-triggered work by key: somebody who hears that a key may have changed asks for it, and `reconcile` compares the
 * desired state with the actual one and acts on what differs. What fails is tried again by itself, later and later, and
 * keeps no other key from its turn. Nothing is stored: at a restart everything is compared anew.
 */
import { messageOf } from "./errors.ts";
import type { Log } from "./log.ts";

export interface Reconciler<Key extends string> {
  /**
   * Asks for a reconcile of this key, at once where there is room. A key that is asked for while it is reconciled is
   * reconciled once more afterwards, however often it is asked for.
   */
  request(key: Key): void;
  /** Asks for one within so many seconds: all that is asked for until then is one reconcile. */
  requestWithin(key: Key, seconds: number): void;
  /** Resolves when nothing is in progress and nothing waits, keys that wait for another try left out. */
  idle(): Promise<void>;
  /** Aborts what is in progress and resolves when that has ended; nothing begins any more. */
  close(): Promise<void>;
}

export interface ReconcilerOptions<Key extends string> {
  /** Compares and acts. Must end soon after the signal aborts. */
  reconcile: (key: Key, signal: AbortSignal) => Promise<void>;
  log: Log;
  /** How many keys are reconciled at the same time; 4 by default. */
  concurrency?: number;
  /** Before the second try; twice as long before each further one. 1 by default. */
  minRetrySeconds?: number;
  /** 60 by default. */
  maxRetrySeconds?: number;
}

interface State {
  status: "waiting" | "in progress" | "scheduled";
  /** Asked for again since it is in progress: within so many seconds. */
  againWithinSeconds: number | null;
  /** Failures in a row. */
  failures: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer ends, as `performance.now()`. */
  dueAt: number;
}

export function createReconciler<Key extends string>(options: ReconcilerOptions<Key>): Reconciler<Key> {
  const { reconcile, log, concurrency = 4, minRetrySeconds = 1, maxRetrySeconds = 60 } = options;
  const states = new Map<Key, State>();
  const waiting = new Set<Key>();
  const inProgress = new Set<Promise<void>>();
  const closing = new AbortController();

  function request(key: Key): void {
    requestWithin(key, 0);
  }

  function requestWithin(key: Key, seconds: number): void {
    if (closing.signal.aborted) return;
    const state = states.get(key) ?? {
      status: "scheduled",
      againWithinSeconds: null,
      failures: 0,
      timer: undefined,
      dueAt: Number.POSITIVE_INFINITY,
    };
    states.set(key, state);
    if (state.status === "waiting") return;
    if (state.status === "in progress") {
      state.againWithinSeconds = Math.min(seconds, state.againWithinSeconds ?? seconds);
      return;
    }
    const dueAt = performance.now() + seconds * 1000;
    if (dueAt >= state.dueAt) return;
    clearTimeout(state.timer);
    if (seconds > 0) {
      state.dueAt = dueAt;
      state.timer = setTimeout(() => enqueue(key, state), seconds * 1000);
    } else enqueue(key, state);
  }

  function enqueue(key: Key, state: State): void {
    state.dueAt = Number.POSITIVE_INFINITY;
    state.status = "waiting";
    waiting.add(key);
    startNext();
  }

  function startNext(): void {
    for (const key of waiting) {
      if (inProgress.size >= concurrency || closing.signal.aborted) return;
      waiting.delete(key);
      const run = runOnce(key).finally(() => {
        inProgress.delete(run);
        startNext();
      });
      inProgress.add(run);
    }
  }

  /** Never rejects. */
  async function runOnce(key: Key): Promise<void> {
    const state = states.get(key);
    if (!state) return;
    state.status = "in progress";
    state.againWithinSeconds = null;
    let retrySeconds: number | null = null;
    try {
      await reconcile(key, closing.signal);
      state.failures = 0;
    } catch (error) {
      if (closing.signal.aborted) return;
      state.failures++;
      retrySeconds = Math.min(maxRetrySeconds, minRetrySeconds * 2 ** (state.failures - 1));
      const line = { key, failures: state.failures, retrySeconds, reason: messageOf(error) };
      log.warn(line, "could not be reconciled; it is tried again");
    }
    const { againWithinSeconds } = state;
    state.status = "scheduled";
    if (retrySeconds === null) states.delete(key);
    else requestWithin(key, retrySeconds);
    if (againWithinSeconds !== null) requestWithin(key, againWithinSeconds);
  }

  return {
    request,
    requestWithin,
    async idle() {
      while (inProgress.size > 0) await Promise.all(inProgress);
    },
    async close() {
      closing.abort(new Error("The service is stopping"));
      for (const { timer } of states.values()) clearTimeout(timer);
      waiting.clear();
      await Promise.all(inProgress);
    },
  };
}
