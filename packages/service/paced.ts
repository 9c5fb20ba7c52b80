/**
 * Reads a body whose sender has to keep a minimum pace. Two things end it that do not end a plain stream: a signal, and a sender
 * that sends next to nothing, which would keep the connection open for ever.
 */
import { isServiceError, messageOf, ServiceError } from "./errors.ts";

export interface Pace {
  signal: AbortSignal;
  /** A sender of less than 1 KiB in so many seconds is disconnected. */
  stallSeconds: number;
}

const minBytes = 1024;

/**
 * The bytes of `body` as they arrive.
 *
 * @throws ServiceError `too_slow`; the reason of the signal
 */
export async function* paced(body: AsyncIterable<Uint8Array>, { signal, stallSeconds }: Pace) {
  const iterator = body[Symbol.asyncIterator]();
  let fail: (reason: unknown) => void = () => {};
  let isWaiting = false;
  let arrivedBytes = 0;
  const look = setInterval(() => {
    if (isWaiting && arrivedBytes < minBytes) fail(tooSlow(arrivedBytes, stallSeconds));
    arrivedBytes = 0;
  }, stallSeconds * 1000);
  const stop = () => fail(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      isWaiting = true;
      const next = await new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
        fail = reject;
        iterator.next().then(resolve, reject);
      });
      isWaiting = false;
      if (next.done) return;
      arrivedBytes += next.value.length;
      yield next.value;
    }
  } finally {
    clearInterval(look);
    signal.removeEventListener("abort", stop);
    // Not awaited: a body that sends nothing does not end either.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** The error of a body that was read: what is not a ServiceError is a connection that broke, or a malformed body. */
export function bodyEndedEarly(error: unknown): ServiceError {
  if (isServiceError(error)) return error;
  return new ServiceError("malformed_request", `The body ended early: ${messageOf(error)}`, { cause: error });
}

function tooSlow(arrivedBytes: number, seconds: number): ServiceError {
  return new ServiceError(
    "too_slow",
    `${arrivedBytes} bytes came in ${seconds} s; at least ${minBytes} are expected. Send this part again`,
  );
}
