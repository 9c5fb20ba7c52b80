/**
 * The last step of a chunk: from bytes that are all here to a row that says so. A chunk that waited beside the source is
 * put in place first, as soon as its place is known and nobody else writes there.
 */
import type { FileHandle } from "node:fs/promises";
import { ServiceError } from "@video-backend/service";
import { fileTooLarge } from "../admission/too-large.ts";
import type { UploadDeps } from "../deps.ts";
import type { Arrival } from "./arrival.ts";
import { commitChunk, doubtChunk } from "./commit-chunk.ts";
import { type ChunkName, findChunk, placeNow } from "./find-chunk.ts";
import { openSource } from "./open-source.ts";
import type { Place } from "./placement.ts";
import type { Reception } from "./receptions.ts";
import { storageFull, writeAll } from "./write-body.ts";

const copyBytes = 1024 * 1024;

/**
 * @throws ServiceError as `expectChunk`; `conflict` for a chunk that nothing places; `invalid_request` for a wrong size;
 *   `storage_full`
 */
export async function settle(deps: UploadDeps, name: ChunkName, arrival: Arrival): Promise<void> {
  try {
    if (arrival.place && arrival.reception) await keepInPlace(deps, name, arrival, arrival.reception);
    else await putInPlace(deps, name, arrival);
  } catch (error) {
    throw storageFull(error) ?? error;
  }
}

async function keepInPlace(deps: UploadDeps, name: ChunkName, arrival: Arrival, reception: Reception): Promise<void> {
  await deps.sources.sync(name.uploadId, arrival.file, "chunk");
  const { offset, sizeBytes } = arrival;
  const isOurs = await reception.takeOver({ start: offset, end: offset + sizeBytes });
  if (!isOurs) return untilOtherIsWhole(deps, reception, arrival.visit?.signal);
  commitChunk(deps, name, offset, sizeBytes);
}

async function putInPlace(deps: UploadDeps, name: ChunkName, arrival: Arrival): Promise<void> {
  using visit = deps.work.enter(name.uploadId);
  using own = arrival.reception ? null : deps.receptions.enter(name.uploadId, name.index);
  const reception = arrival.reception ?? (own as Reception);
  const place = await takePlace(deps, reception, arrival.sizeBytes, visit.signal);
  if (!place) return await untilOtherIsWhole(deps, reception, visit.signal);
  await using source = await openSource(deps, name.uploadId);
  const present = findChunk(deps.database, name);
  const isThere = present?.whole && present.sizeBytes === arrival.sizeBytes;
  if (!isThere || !(await sameBytes(arrival, source, place.offset, visit.signal))) {
    // A newer sender may have come while the source was opened and read; from here on it would wait for us.
    if (reception.isOvertaken()) return await untilOtherIsWhole(deps, reception, visit.signal);
    if (present) doubtChunk(deps, name);
    await reception.write(() => copy(arrival, source, place.offset, visit.signal));
    await deps.sources.sync(name.uploadId, source, "chunk");
  }
  if (reception.isOvertaken()) return await untilOtherIsWhole(deps, reception, visit.signal);
  commitChunk(deps, name, place.offset, arrival.sizeBytes);
}

/** The chunk is another sender's to put in place; it is answered as whole when it is. */
async function untilOtherIsWhole(deps: UploadDeps, reception: Reception, signal = AbortSignal.any([])): Promise<void> {
  while (!findChunk(deps.database, reception)?.whole) {
    if (await reception.untilChange(signal)) continue;
    throw new ServiceError(
      "conflict",
      `A newer sender of chunk ${reception.index} took over and failed; send it again`,
    );
  }
}

/** Waits for the place and claims it; null for a chunk that a newer sender has put there meanwhile. */
async function takePlace(
  deps: UploadDeps,
  reception: Reception,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<Place | null> {
  for (;;) {
    if (reception.isOvertaken()) return null;
    const found = placeNow(deps.database, reception, sizeBytes);
    if ("place" in found) {
      const { place } = found;
      if (place.offset + sizeBytes > deps.limits.maxFileBytes) throw fileTooLarge(deps.limits);
      if (await reception.takeOver({ start: place.offset, end: place.offset + sizeBytes })) return place;
    }
    const isChanged = await reception.untilChange(signal);
    if (isChanged || reception.isOvertaken()) continue;
    throw "error" in found ? found.error : new Error("A place is taken, and nobody is there who has it");
  }
}

async function copy({ file, sizeBytes }: Arrival, source: FileHandle, at: number, signal: AbortSignal): Promise<void> {
  for await (const { bytes, done } of pieces(file, sizeBytes)) {
    signal.throwIfAborted();
    writeAll(source, bytes, at + done);
  }
}

async function sameBytes(
  { file, sizeBytes }: Arrival,
  source: FileHandle,
  at: number,
  signal: AbortSignal,
): Promise<boolean> {
  for await (const { bytes, done } of pieces(file, sizeBytes)) {
    signal.throwIfAborted();
    const there = new Uint8Array(bytes.length);
    const { bytesRead } = await source.read(there, 0, there.length, at + done);
    if (bytesRead !== bytes.length || Buffer.compare(there, bytes) !== 0) return false;
  }
  return true;
}

async function* pieces(file: FileHandle, sizeBytes: number) {
  const buffer = new Uint8Array(Math.min(copyBytes, Math.max(1, sizeBytes)));
  for (let done = 0; done < sizeBytes; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, sizeBytes - done), done);
    if (bytesRead === 0) throw new Error("A chunk that waited beside its source is shorter than what came");
    yield { bytes: buffer.subarray(0, bytesRead), done };
    done += bytesRead;
  }
}
