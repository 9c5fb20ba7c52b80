/** Waiting for a state instead of for a time. */

/**
 * Asks again until the answer is truthy, and answers it.
 *
 * @throws Error with `what` when it never is
 */
export async function until<Value>(
  what: string,
  ask: () => Value | Promise<Value>,
  seconds = 50,
): Promise<NonNullable<Exclude<Value, false>>> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const value = await ask();
    if (value) return value as NonNullable<Exclude<Value, false>>;
    if (performance.now() > end) throw new Error(`Waited ${seconds} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
