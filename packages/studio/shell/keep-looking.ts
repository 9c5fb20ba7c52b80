/**
 * Looking again and again, for what no feed tells. A page that is not seen does not look; coming back, it looks at once.
 */

export interface Looking {
  /** Looks at once, and after one look that is under way once more. */
  now(): void;
  stop(): void;
}

/** @param look looks once, and answers after how many seconds to look again; null ends it. It must not throw. */
export function keepLooking(look: (signal: AbortSignal) => Promise<number | null>): Looking {
  const closing = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLooking = false;
  let isWanted = false;

  async function go(): Promise<void> {
    clearTimeout(timer);
    if (closing.signal.aborted || document.hidden) return;
    if (isLooking) {
      isWanted = true;
      return;
    }
    isLooking = true;
    const seconds = await look(closing.signal);
    isLooking = false;
    if (isWanted) {
      isWanted = false;
      void go();
    } else if (seconds !== null && !closing.signal.aborted) {
      timer = setTimeout(go, seconds * 1000);
    }
  }

  const onVisible = () => void go();
  document.addEventListener("visibilitychange", onVisible);
  void go();
  return {
    now: () => void go(),
    stop() {
      closing.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    },
  };
}
