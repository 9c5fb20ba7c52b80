/**
 * When a token expires. Rounded up to a window, all tokens that are created within it are the same text: one URL for many viewers,
 * which a cache stores once.
 */

/**
 * At least `seconds` from now, and less than a window (or a second) more.
 *
 * @param now epoch seconds
 * @returns epoch seconds, whole
 * @example expiryAfter(1000.5, 60, 300) // 1200
 */
export function expiryAfter(now: number, seconds: number, windowSeconds: number): number {
  return Math.ceil((now + seconds) / windowSeconds) * windowSeconds;
}
