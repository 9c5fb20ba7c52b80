/** The bytes of a chunk, as they came: in their place in the source already, or in a file beside it. */
import { type FileHandle, rm } from "node:fs/promises";
import { ServiceError } from "@video-backend/service";
import { expectRoom } from "../admission/expect-room.ts";
import { chunkTooLarge, fileTooLarge } from "../admission/too-large.ts";
import type { UploadRow } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import type { Visit } from "../uploads/work-register.ts";
import { type ChunkName, expectChunk, findChunk, layoutOf } from "./find-chunk.ts";
import { openSource } from "./open-source.ts";
import { fits, type Layout, type Place, placementOf, wrongSize } from "./placement.ts";
import type { Reception } from "./receptions.ts";
import { writeBody } from "./write-body.ts";

export interface Arrival extends AsyncDisposable {
  /** Null for a form that says it after the file. */
  name: ChunkName | null;
  visit: Visit | null;
  reception: Reception | null;
  /** Holds the bytes, from `offset` on. */
  file: FileHandle;
  offset: number;
  sizeBytes: number;
  /** Where it lies in the source; null for one that waits beside it. */
  place: Place | null;
}

/**
 * Takes in the bytes of a chunk.
 *
 * @param announcedBytes how many will come, where the sender says so
 * @throws ServiceError as `receiveRawChunk`
 */
export async function takeIn(
  deps: UploadDeps,
  name: ChunkName,
  body: AsyncIterable<Uint8Array>,
  announcedBytes: number | null,
): Promise<Arrival> {
  if ((announcedBytes ?? 0) > deps.limits.maxChunkBytes) throw chunkTooLarge(deps.limits);
  await expectRoom(deps, announcedBytes ?? 0);
  // From here to the claim of a place nothing is awaited: rows and claims must be of the same moment.
  const upload = expectChunk(deps.database, name);
  await using stack = new AsyncDisposableStack();
  const visit = stack.use(deps.work.enter(name.uploadId));
  const reception = stack.use(deps.receptions.enter(name.uploadId, name.index));
  const present = findChunk(deps.database, name);
  const place = present ? null : freePlace(deps, upload, reception, announcedBytes);
  const limit = limitFor(deps, upload, name.index, place);
  if (announcedBytes !== null && announcedBytes > limit.limitBytes) throw limit.overlong();
  const held = place ? stack.use(await openSource(deps, upload.id)) : await openSpool(deps, stack);
  const { signal } = visit;
  const sizeBytes = await writeBody(body, {
    file: held,
    offset: place?.offset ?? 0,
    ...limit,
    reception: place && reception,
    signal,
    stallSeconds: deps.limits.stallSeconds,
  });
  if (announcedBytes !== null && sizeBytes !== announcedBytes) throw endedEarly(announcedBytes, sizeBytes);
  if (place && !fits(place, sizeBytes)) throw wrongSize(layoutOf(deps.database, upload), name.index, place, sizeBytes);
  return ownedBy(stack, { name, visit, reception, file: held, offset: place?.offset ?? 0, sizeBytes, place });
}

/** The same for a form that says after the file which chunk it is. */
export async function takeInUnnamed(deps: UploadDeps, body: AsyncIterable<Uint8Array>): Promise<Arrival> {
  await expectRoom(deps, 0);
  await using stack = new AsyncDisposableStack();
  const file = await openSpool(deps, stack);
  const sizeBytes = await writeBody(body, {
    file,
    offset: 0,
    ...limitFor(deps, null, 0, null),
    reception: null,
    signal: new AbortController().signal,
    stallSeconds: deps.limits.stallSeconds,
  });
  return ownedBy(stack, { name: null, visit: null, reception: null, file, offset: 0, sizeBytes, place: null });
}

/** The place in the source, when it is known before the bytes come and nobody else writes there. */
function freePlace(
  { database }: UploadDeps,
  upload: UploadRow,
  reception: Reception,
  announcedBytes: number | null,
): Place | null {
  const layout = layoutOf(database, upload);
  const placement = placementOf(layout, reception.index, announcedBytes);
  if (placement.kind !== "placed") return null;
  const { place } = placement;
  if (announcedBytes !== null && !fits(place, announcedBytes)) {
    // Others that are coming in may still show that the chunks differ in size; beside the source it can wait for them.
    if (place.learnsBytes !== null) return null;
    throw wrongSize(layout, reception.index, place, announcedBytes);
  }
  const end = place.offset + (announcedBytes ?? place.atMostBytes);
  return reception.claim({ start: place.offset, end }) ? place : null;
}

/** Where a body has to end at the latest, and the error for one that does not. */
function limitFor({ database, limits }: UploadDeps, upload: UploadRow | null, index: number, place: Place | null) {
  const layout = (): Layout => layoutOf(database, upload as UploadRow);
  const bounds = [
    { limitBytes: limits.maxChunkBytes, overlong: () => chunkTooLarge(limits) },
    { limitBytes: limits.maxFileBytes - (place?.offset ?? 0), overlong: () => fileTooLarge(limits) },
  ];
  if (place) bounds.unshift({ limitBytes: place.atMostBytes, overlong: () => wrongSize(layout(), index, place, null) });
  return bounds.reduce((least, bound) => (bound.limitBytes < least.limitBytes ? bound : least));
}

async function openSpool({ sources }: UploadDeps, stack: AsyncDisposableStack): Promise<FileHandle> {
  const { file, path } = await sources.openSpool();
  stack.defer(() => rm(path, { force: true }));
  return stack.use(file);
}

function ownedBy(stack: AsyncDisposableStack, parts: Omit<Arrival, keyof AsyncDisposable>): Arrival {
  const owned = stack.move();
  return { ...parts, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const endedEarly = (announced: number, got: number): ServiceError =>
  new ServiceError("malformed_request", `The body ended early: ${got} of ${announced} bytes came; send it again`);
