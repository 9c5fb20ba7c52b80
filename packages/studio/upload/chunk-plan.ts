/** How a file is cut: chunks of one size but the last, so that each one's place follows from its index. */

export interface ChunkPlan {
  sizeBytes: number;
  chunkBytes: number;
  /** At least one: a file of nothing is a chunk of nothing. */
  count: number;
}

/** What a broken line costs at most; larger only where there would be too many. */
const preferredBytes = 5 * 1024 * 1024;
const mostChunks = 10_000;

/** @param chunkBytes as an upload was begun with; the preferred size without it */
export function planChunks(sizeBytes: number, chunkBytes = chunkBytesFor(sizeBytes)): ChunkPlan {
  return { sizeBytes, chunkBytes, count: Math.max(1, Math.ceil(sizeBytes / chunkBytes)) };
}

const chunkBytesFor = (sizeBytes: number): number => Math.max(preferredBytes, Math.ceil(sizeBytes / mostChunks));

/** Where chunk `index` begins and ends. */
export function chunkAt({ sizeBytes, chunkBytes }: ChunkPlan, index: number): { from: number; to: number } {
  return { from: index * chunkBytes, to: Math.min(sizeBytes, (index + 1) * chunkBytes) };
}

/** Bytes of all chunks but these. */
export function bytesWithout(plan: ChunkPlan, missing: number[]): number {
  const left = missing.reduce((sum, index) => {
    const { from, to } = chunkAt(plan, index);
    return sum + to - from;
  }, 0);
  return plan.sizeBytes - left;
}
