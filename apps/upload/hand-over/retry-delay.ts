/** How long to leave a service alone that was away. */

const longestSeconds = 60;

/** @param failedTries in a row, this one included: 2, 4, 8 … and at most 60 seconds */
export function retryDelaySeconds(failedTries: number): number {
  return Math.min(longestSeconds, 2 ** failedTries);
}
