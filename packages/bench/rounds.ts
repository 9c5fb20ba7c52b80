/**
 * Measuring side by side: A B A B …, so that what else the machine does in the meantime falls on all of them. Values of the
 * same round belong together; ratios are made of those alone.
 */
import type { Bench } from "./bench.ts";

/** The values of each contestant, a round each. */
export async function rounds<Name extends string, Value>(
  { say, signal }: Bench,
  count: number,
  contestants: Record<Name, (round: number) => Promise<Value>>,
  show: (value: Value) => string,
): Promise<Record<Name, Value[]>> {
  const names = Object.keys(contestants) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as Value[]])) as Record<Name, Value[]>;
  for (let round = 0; round < count; round++) {
    for (const name of names) {
      signal.throwIfAborted();
      const value = await contestants[name](round);
      values[name].push(value);
      say(`  ${name}: ${show(value)} (${round + 1} of ${count})`);
    }
  }
  return values;
}

/** How long this takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

export const showSeconds = (seconds: number): string => `${seconds.toFixed(2)} s`;
