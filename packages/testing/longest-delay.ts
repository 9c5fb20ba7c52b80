/** Whether a service could answer anybody meanwhile. */

/** The longest time for which the event loop did not turn until `work` had settled, milliseconds. */
export async function longestDelay(work: Promise<unknown>): Promise<number> {
  let [longest, last, isOver] = [0, performance.now(), false];
  const over = () => {
    isOver = true;
  };
  work.then(over, over);
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }
  return longest;
}
