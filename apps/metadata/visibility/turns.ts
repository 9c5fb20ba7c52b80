/** One change of visibility after another: two at once could leave the mark of one with the row of the other. */
import PQueue from "p-queue";

/** Runs `work` when all that was taken before has settled; settles as `work` does. They are rare, and take milliseconds. */
export type TakeTurn = <Value>(work: () => Promise<Value>) => Promise<Value>;

export function createTurns(): TakeTurn {
  const queue = new PQueue({ concurrency: 1 });
  return (work) => queue.add(work);
}
