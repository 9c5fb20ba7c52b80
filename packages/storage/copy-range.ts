/**
 * Copies a part of a file into another one at an offset, in the kernel where it can (`copy_file_range`; a file system that
 * shares blocks shares them). Neither node nor Bun offers that for a part of a file, so it is called in the C library.
 */
import { dlopen } from "bun:ffi";
import { writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";

/** From `start` of one file to `offset` of another. */
export interface CopiedRange {
  from: FileHandle;
  start: number;
  to: FileHandle;
  offset: number;
  sizeBytes: number;
}

/** The event loop stands still for one piece, about half a millisecond. */
const pieceBytes = 1024 ** 2;

/**
 * Gives way to other work between two pieces.
 *
 * @throws Error when the first file ends before `sizeBytes`; what the system says, `ENOSPC` for example; the reason of the
 *   signal. Then the second file holds a part of it
 */
export async function copyRange(range: CopiedRange, signal: AbortSignal): Promise<void> {
  const { from, start, to, offset, sizeBytes } = range;
  const kernel = copyFileRange();
  let buffer: Uint8Array | undefined;
  for (let done = 0; done < sizeBytes; ) {
    signal.throwIfAborted();
    const piece = Math.min(pieceBytes, sizeBytes - done);
    const copied = kernel?.(from.fd, start + done, to.fd, offset + done, piece) ?? 0;
    if (copied > 0) await new Promise((resolve) => setImmediate(resolve));
    // Nothing copied: two file systems, a kernel without it, or an error, which a plain read and write will name.
    else buffer ??= new Uint8Array(Math.min(pieceBytes, sizeBytes));
    done += copied > 0 ? copied : await copyPiece(range, done, piece, buffer as Uint8Array);
  }
}

async function copyPiece(
  { from, start, to, offset }: CopiedRange,
  done: number,
  sizeBytes: number,
  buffer: Uint8Array,
): Promise<number> {
  const { bytesRead } = await from.read(buffer, 0, sizeBytes, start + done);
  if (bytesRead === 0) throw new Error(`A file ends at ${start + done}, before all of it was copied`);
  for (let written = 0; written < bytesRead; ) {
    written += writeSync(to.fd, buffer, written, bytesRead - written, offset + done + written);
  }
  return bytesRead;
}

type CopyFileRange = (from: number, start: number, to: number, offset: number, sizeBytes: number) => number;

let found: CopyFileRange | null | undefined;

/** The call of the C library; null on systems that do not have it. */
function copyFileRange(): CopyFileRange | null {
  if (found === undefined) found = process.platform === "linux" ? loadCopyFileRange() : null;
  return found;
}

function loadCopyFileRange(): CopyFileRange | null {
  try {
    const { symbols } = dlopen("libc.so.6", {
      copy_file_range: { args: ["i32", "ptr", "i32", "ptr", "u64", "u32"], returns: "i64" },
    });
    const [startAt, offsetAt] = [new BigInt64Array(1), new BigInt64Array(1)];
    return (from, start, to, offset, sizeBytes) => {
      startAt[0] = BigInt(start);
      offsetAt[0] = BigInt(offset);
      return Number(symbols.copy_file_range(from, startAt, to, offsetAt, BigInt(sizeBytes), 0));
    };
  } catch {
    // Another C library, or a system that lets nobody load one: the bytes are read and written.
    return null;
  }
}
