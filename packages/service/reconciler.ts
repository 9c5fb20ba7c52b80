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
  status: "waiting" | "in progress" | "failed";
  /** Asked for again since it is in progress. */
  isRequestedAgain: boolean;
  /** Failures in a row. */
  failures: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export function createReconciler<Key extends string>(options: ReconcilerOptions<Key>): Reconciler<Key> {
  const { reconcile, log, concurrency = 4, minRetrySeconds = 1, maxRetrySeconds = 60 } = options;
  const states = new Map<Key, State>();
  const waiting = new Set<Key>();
  const inProgress = new Set<Promise<void>>();
  const closing = new AbortController();

  function request(key: Key): void {
    if (closing.signal.aborted) return;
    const state = states.get(key) ?? { status: "failed", isRequestedAgain: false, failures: 0, timer: undefined };
    states.set(key, state);
    if (state.status === "in progress") {
      state.isRequestedAgain = true;
      return;
    }
    clearTimeout(state.timer);
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
    state.isRequestedAgain = false;
    try {
      await reconcile(key, closing.signal);
      state.failures = 0;
    } catch (error) {
      if (closing.signal.aborted) return;
      state.failures++;
      const retrySeconds = Math.min(maxRetrySeconds, minRetrySeconds * 2 ** (state.failures - 1));
      const line = { key, failures: state.failures, retrySeconds, reason: messageOf(error) };
      log.warn(line, "could not be reconciled; it is tried again");
      state.timer = setTimeout(() => request(key), retrySeconds * 1000);
    }
    const { failures, isRequestedAgain } = state;
    if (failures > 0) state.status = "failed";
    else states.delete(key);
    if (isRequestedAgain) request(key);
  }

  return {
    request,
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
