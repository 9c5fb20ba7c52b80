/** An answer that is asked for again every few seconds while it is on screen. */
import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ask, sentenceOf } from "./ask.ts";
import { keepLooking, type Looking } from "./keep-looking.ts";

export interface LookedAt<Answer> {
  /** The last answer; null before the first. */
  answer: ReadonlySignal<Answer | null>;
  /** Why the last question was not answered; null where it was. */
  fault: ReadonlySignal<string | null>;
  /** Asks at once. */
  look: () => void;
}

export function useLookedAt<Answer>(path: string, everySeconds: number): LookedAt<Answer> {
  const answer = useSignal<Answer | null>(null);
  const fault = useSignal<string | null>(null);
  const looking = useRef<Looking>(null);
  useEffect(() => {
    looking.current = keepLooking(async (signal) => {
      try {
        answer.value = await ask<Answer>(path, { signal });
        fault.value = null;
      } catch (error) {
        fault.value = sentenceOf(error);
      }
      return everySeconds;
    });
    return looking.current.stop;
  }, [path, everySeconds]);
  return { answer, fault, look: () => looking.current?.now() };
}
