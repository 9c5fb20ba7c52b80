/** An answer that is asked for again every few seconds while it is on screen. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask } from "../shell/ask.ts";
import { keepLooking } from "../shell/keep-looking.ts";

export interface LookedAt<Answer> {
  /** The last answer; null before the first. */
  answer: ReadonlySignal<Answer | null>;
  /** Whether the last question was not answered. */
  isLost: ReadonlySignal<boolean>;
}

export function useLookedAt<Answer>(path: string, everySeconds: number): LookedAt<Answer> {
  const answer = useSignal<Answer | null>(null);
  const isLost = useSignal(false);
  useEffect(() => {
    const looking = keepLooking(async (signal) => {
      try {
        answer.value = await ask<Answer>(path, { signal });
        isLost.value = false;
      } catch {
        isLost.value = true;
      }
      return everySeconds;
    });
    return looking.stop;
  }, [path, everySeconds]);
  return { answer, isLost };
}
