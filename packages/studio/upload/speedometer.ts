/** How fast bytes go, over the last few seconds: steady enough to be read, quick enough to be true. */

export interface Speedometer {
  /** So many bytes are sent in all. */
  note(bytes: number): void;
  /** Null until there is something to compare. */
  bytesPerSecond(): number | null;
  /** Forgets, since a pause is no slowness. */
  reset(): void;
}

const windowSeconds = 8;
const leastSeconds = 0.5;

/** @param now seconds of any clock that does not jump */
export function createSpeedometer(now: () => number): Speedometer {
  let notes: { at: number; bytes: number }[] = [];
  return {
    note(bytes) {
      const at = now();
      notes.push({ at, bytes });
      // The newest of those that are too old stays: the window begins in the middle of it.
      while (notes.length > 2 && (notes[1]?.at ?? at) < at - windowSeconds) notes.shift();
    },
    bytesPerSecond() {
      const [first, last] = [notes[0], notes.at(-1)];
      if (!first || !last || last.at - first.at < leastSeconds) return null;
      return Math.max(0, (last.bytes - first.bytes) / (last.at - first.at));
    },
    reset() {
      notes = [];
    },
  };
}

/** Null while that cannot be said. */
export function secondsLeft(leftBytes: number, bytesPerSecond: number | null): number | null {
  if (leftBytes <= 0) return 0;
  return bytesPerSecond ? leftBytes / bytesPerSecond : null;
}
