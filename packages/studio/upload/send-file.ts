/**
 * Sends what is missing of a file and completes it. Chunks of all files share a few lanes, in the order in which the files
 * were given; each chunk is tried until it is there or the server refuses it.
 */
import type PQueue from "p-queue";
import { type Again, untilItPasses } from "./again.ts";
import { bytesWithout, type ChunkPlan, chunkAt } from "./chunk-plan.ts";
import type { Transport } from "./transport.ts";

export interface Sending extends Again {
  file: Blob;
  plan: ChunkPlan;
  uploadId: string;
  missing: number[];
  transport: Transport;
  lanes: PQueue;
  /** The first chunk is on its way. */
  onBegin: () => void;
  /** Bytes of the whole file that are there or on their way. */
  onSent: (bytes: number) => void;
  /** Every chunk is there. */
  onFinishing: () => void;
}

/** Resolves when the upload is complete. @throws Refusal; the signal's reason */
export async function sendFile(sending: Sending): Promise<void> {
  const { file, plan, uploadId, missing, transport, lanes, signal } = sending;
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const again: Again = { ...sending, signal: either };
  const onTheWay = new Map<number, number>();
  let thereBytes = bytesWithout(plan, missing);
  const tell = () => sending.onSent(thereBytes + [...onTheWay.values()].reduce((sum, bytes) => sum + bytes, 0));
  tell();

  async function sendOne(index: number): Promise<void> {
    sending.onBegin();
    const { from, to } = chunkAt(plan, index);
    const onSent = (bytes: number) => {
      onTheWay.set(index, bytes);
      tell();
    };
    try {
      await untilItPasses(() => transport.send(uploadId, index, file.slice(from, to), onSent, either), again);
      thereBytes += to - from;
    } finally {
      onTheWay.delete(index);
      tell();
    }
  }

  const chunks = missing.map((index) => lanes.add(() => sendOne(index), { signal: either }));
  await Promise.all(chunks).catch(async (error: unknown) => {
    failed.abort(error);
    await Promise.allSettled(chunks);
    signal.throwIfAborted();
    throw error;
  });
  sending.onFinishing();
  await untilItPasses(() => transport.complete(uploadId, signal), { ...sending, signal });
}
