/** How long somebody has to wait for a segment to which a decoder has a long way, from how far it has come. */

import type { Way } from "../changes.ts";

/**
 * @param targetSeconds end of the segment
 * @returns whole seconds, at least 1; null where nothing is known yet
 */
export function estimateWait(way: Way | null, targetSeconds: number): number | null {
  if (!way || way.toSeconds <= way.fromSeconds) return null;
  const left = Math.max(0, targetSeconds - way.toSeconds);
  return Math.max(1, Math.ceil((left * way.tookSeconds) / (way.toSeconds - way.fromSeconds)));
}
