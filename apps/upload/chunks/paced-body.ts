/**
 * A request's body at the pace of its sender, with two ends that a stream of its own does not have: a signal that stops
 * the work, and a sender that all but stopped. A connection that drips a byte now and then would be kept open for ever.
 */
import { ServiceError } from "@video-backend/service";

export interface Pace {
  signal: AbortSignal;
  /** A sender that brings less than `leastBytes` in so many seconds is given up. */
  stallSeconds: number;
}

const leastBytes = 1024;

/**
 * The bytes of `body` as they come.
 *
 * @throws ServiceError `too_slow`; the reason of the signal
 */
export async function* paced(body: AsyncIterable<Uint8Array>, { signal, stallSeconds }: Pace) {
  const iterator = body[Symbol.asyncIterator]();
  let giveUp: (reason: unknown) => void = () => {};
  let isWaiting = false;
  let cameBytes = 0;
  const look = setInterval(() => {
    if (isWaiting && cameBytes < leastBytes) giveUp(tooSlow(cameBytes, stallSeconds));
    cameBytes = 0;
  }, stallSeconds * 1000);
  const stop = () => giveUp(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      isWaiting = true;
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        giveUp = reject;
        iterator.next().then(resolve, reject);
      });
      isWaiting = false;
      if (next.done) return;
      cameBytes += next.value.length;
      yield next.value;
    }
  } finally {
    clearInterval(look);
    signal.removeEventListener("abort", stop);
    // Not awaited: a body that brings nothing does not end either.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

function tooSlow(cameBytes: number, seconds: number): ServiceError {
  return new ServiceError(
    "too_slow",
    `${cameBytes} bytes came in ${seconds} s; at least ${leastBytes} are expected. Send this part again`,
  );
}
