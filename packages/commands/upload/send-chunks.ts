/** Sends slices of a file, a few at a time. A line that breaks costs the chunks that were on it, and these are sent again. */
import { errorFromProblem, messageOf, ServiceError } from "@video-backend/service";
import pRetry, { AbortError } from "p-retry";
import type { Slice } from "./chunk-plan.ts";

export interface SendChunks {
  uploadUrl: string;
  uploadId: string;
  /** Read lazily: only the slices that are on their way are in memory. */
  file: Blob;
  slices: readonly Slice[];
  signal: AbortSignal;
  /** Called for each slice that is in place. */
  onSent: (slice: Slice) => void;
  fetch: (request: Request) => Promise<Response>;
  /** Before the first new try; each further one waits twice as long. 500 by default. */
  retryMilliseconds?: number;
}

const atOnce = 4;
const retries = 5;

/** @throws ServiceError with the answer of the service, once it is clear that trying again does not help */
export async function sendChunks(options: SendChunks): Promise<void> {
  const { signal, slices, retryMilliseconds = 500 } = options;
  const failed = new AbortController();
  const waiting = slices.values();
  async function sendWaiting(): Promise<void> {
    for (const slice of waiting) {
      const ended = AbortSignal.any([signal, failed.signal]);
      await pRetry(() => sendChunk(options, slice, ended), { retries, minTimeout: retryMilliseconds, signal: ended });
      options.onSent(slice);
    }
  }
  const senders = Array.from({ length: atOnce }, sendWaiting);
  try {
    await Promise.all(senders);
  } catch (error) {
    failed.abort(error);
    await Promise.allSettled(senders);
    throw error;
  }
}

async function sendChunk(options: SendChunks, { index, start, end }: Slice, signal: AbortSignal): Promise<void> {
  const slice = options.file.slice(start, end);
  const headers = { "content-digest": await contentDigest(slice) };
  signal.throwIfAborted();
  const url = `${options.uploadUrl}/upload/${options.uploadId}/chunks/${index}`;
  const request = new Request(url, { method: "PUT", headers, body: slice, signal });
  let response: Response;
  try {
    response = await options.fetch(request);
  } catch (error) {
    signal.throwIfAborted();
    throw new ServiceError("unavailable", `The line broke at chunk ${index}: ${messageOf(error)}`, { cause: error });
  }
  if (response.ok) return;
  const body: unknown = await response.json().catch(() => null);
  const error = errorFromProblem(body) ?? new ServiceError("unavailable", `The service answered ${response.status}`);
  throw response.status >= 500 || response.status === 408 || response.status === 429 ? error : new AbortError(error);
}

/** RFC 9530; a slice is small enough to be in memory, and is read a second time when it is sent. */
async function contentDigest(slice: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await slice.arrayBuffer());
  return `sha-256=:${new Uint8Array(digest).toBase64()}:`;
}
