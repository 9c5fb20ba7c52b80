/**
 * A request's body, brought to a file at the pace of its sender and of the disk; nothing is held in memory but what is on its
 * way. It has two ends that a stream of its own does not have: a signal that stops the work, and a sender that all but
 * stopped. A connection that drips a byte now and then would be kept open for ever.
 */
import { writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { isDatabaseBusy } from "@video-backend/database";
import { isServiceError, messageOf, ServiceError } from "@video-backend/service";
import type { Meter } from "../admission/room.ts";

export interface Pace {
  signal: AbortSignal;
  /** A sender that brings less than `minBytes` in so many seconds is given up. */
  stallSeconds: number;
}

export interface BodyTarget extends Pace {
  file: FileHandle;
  /** Where the first byte goes. */
  offset: number;
  limitBytes: number;
  /** What is thrown for a body that goes on beyond the limit. */
  overlong: () => Error;
  meter: Meter;
  /** From when it aborts on, the body is read to its end and not written. */
  discard: AbortSignal;
}

/**
 * @returns how many bytes came
 * @throws ServiceError `too_slow`, `storage_full`, `malformed_request` for a body that breaks off; `overlong`
 */
export async function writeBody(body: AsyncIterable<Uint8Array>, target: BodyTarget): Promise<number> {
  const { file, offset, limitBytes, meter, discard } = target;
  let sizeBytes = 0;
  try {
    for await (const bytes of paced(body, target)) {
      const at = offset + sizeBytes;
      sizeBytes += bytes.length;
      if (sizeBytes > limitBytes) throw target.overlong();
      if (discard.aborted) continue;
      await meter.take(bytes.length);
      if (!discard.aborted) writeAll(file, bytes, at);
    }
    if (!discard.aborted) await meter.take(0);
  } catch (error) {
    target.signal.throwIfAborted();
    throw asServiceError(error);
  }
  return sizeBytes;
}

const minBytes = 1024;

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
    if (isWaiting && cameBytes < minBytes) giveUp(tooSlow(cameBytes, stallSeconds));
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

/**
 * The bytes of a request, each piece freed as soon as the next is asked for. Left to the collector, pieces of half a
 * megabyte pile up between its rounds: the service's peak is 190 MB then, and 120 MB so.
 */
export async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  if (!request.body) return;
  for await (const bytes of request.body) {
    yield bytes;
    if (bytes.length === bytes.buffer.byteLength) bytes.buffer.transfer(0);
  }
}

/**
 * All of the bytes, however few the system takes at a time. Synchronous on purpose: a write goes into the
 * cache of the system, and by way of a thread 2 GB took 2.4 s of system time instead of 1.4.
 */
export function writeAll(file: FileHandle, bytes: Uint8Array, at: number): void {
  let written = 0;
  while (written < bytes.length) {
    written += writeSync(file.fd, bytes, written, bytes.length - written, at + written);
  }
}

/** What is neither ours nor the disk's nor the database's is the sender's: a body that is cut off, or a form that is none. */
export function asServiceError(error: unknown): unknown {
  if (isServiceError(error)) return error;
  const full = storageFull(error);
  if (full) return full;
  const isSystemError = error instanceof Error && "syscall" in error && "code" in error;
  if (isSystemError || isDatabaseBusy(error)) return error;
  return new ServiceError("malformed_request", `The body ended early: ${messageOf(error)}`, { cause: error });
}

const fullCodes = ["ENOSPC", "EDQUOT", "SQLITE_FULL"];

/** The error for a disk, or a share of one, that is full, be it for a file or for a row; null for any other. */
export function storageFull(error: unknown): ServiceError | null {
  if (!(error instanceof Error && "code" in error && fullCodes.includes(String(error.code)))) return null;
  const sentence = "No room left for this; what is here stays, and the rest may be sent again once there is room";
  return new ServiceError("storage_full", sentence, { cause: error });
}

function tooSlow(cameBytes: number, seconds: number): ServiceError {
  return new ServiceError(
    "too_slow",
    `${cameBytes} bytes came in ${seconds} s; at least ${minBytes} are expected. Send this part again`,
  );
}
