/** Chance that is the same in each run, so that a test that fails can be run again by its seed: Mulberry32. */

export interface Random {
  /** 0 to 1, without 1. */
  next(): number;
  /** A whole number from 0 on, below `end`. */
  below(end: number): number;
  /** True in so many of the cases, 0 to 1. */
  chance(odds: number): boolean;
}

export function createRandom(seed: number): Random {
  let state = seed;
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return { next, below: (end) => Math.floor(next() * end), chance: (odds) => next() < odds };
}
