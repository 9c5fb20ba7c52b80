/**
 * Where a chunk belongs in its source: the rule, as a pure function. A chunk says its index only, so its offset follows
 * from the size of the chunks: all but the last are equal. That size was declared at init, or the chunks that are here
 * tell it; and a chunk that comes right after all before it needs no size at all. What none of that places is refused,
 * since a guess could put it over another one.
 */
import { ServiceError } from "@video-backend/service";

/** What is known of an upload's chunks. Every size is in bytes. */
export interface Layout {
  totalChunks: number;
  /** Of the whole file; null when it was not declared. */
  fileSizeBytes: number | null;
  /** Of every chunk but the last; null while nothing has told it. */
  chunkSize: { bytes: number; from: "init" | "chunks" } | null;
  /** While `chunkSize` is null, the chunks that are here: the first ones, without a gap. */
  leading: Leading;
}

export interface Leading {
  count: number;
  bytes: number;
  /** Their common size; null when there are none, or they differ. */
  equalBytes: number | null;
}

/** Where a chunk begins, and how long it may be. */
export interface Place {
  offset: number;
  atLeastBytes: number;
  atMostBytes: number;
  /** The chunk size that the layout takes on with this chunk, where it had none. */
  learnsBytes: number | null;
}

/** `size-needed`: its own size will tell. `unknown`: nothing tells, for this reason. */
export type Placement = { kind: "placed"; place: Place } | { kind: "size-needed" } | { kind: "unknown"; why: string };

/**
 * @param index from 0, below `totalChunks`; of a chunk that is not here yet
 * @param sizeBytes of the chunk; null while it is still coming in and has not said it
 */
export function placementOf(layout: Layout, index: number, sizeBytes: number | null): Placement {
  const { chunkSize, leading, totalChunks } = layout;
  if (chunkSize) return onGrid(layout, index, chunkSize.bytes, null);
  if (index === leading.count) return afterTheOthers(layout, index);
  if (leading.count > 0) {
    if (leading.equalBytes === null) return unknown("the chunks before it differ in size");
    return onGrid(layout, index, leading.equalBytes, leading.equalBytes);
  }
  const isLast = index === totalChunks - 1;
  if (isLast && layout.fileSizeBytes === null) return unknown("it is the last one and no other is here");
  if (sizeBytes === null) return { kind: "size-needed" };
  const bytes = isLast ? ((layout.fileSizeBytes ?? 0) - sizeBytes) / (totalChunks - 1) : sizeBytes;
  return onGrid(layout, index, bytes, bytes);
}

/**
 * The place of a chunk that is here and comes again. Only the newest of chunks without a known size may change its own.
 *
 * @param present where it is
 */
export function placementAgain(layout: Layout, index: number, present: { offset: number; sizeBytes: number }): Place {
  const { chunkSize, leading, fileSizeBytes } = layout;
  const isNewest = chunkSize === null && index === leading.count - 1;
  const isLast = index === layout.totalChunks - 1;
  const fixed = { offset: present.offset, learnsBytes: null };
  if (!isNewest && !(isLast && fileSizeBytes === null)) {
    return { ...fixed, atLeastBytes: present.sizeBytes, atMostBytes: present.sizeBytes };
  }
  const rest = (fileSizeBytes ?? Number.POSITIVE_INFINITY) - present.offset;
  return { ...fixed, atLeastBytes: isLast && fileSizeBytes !== null ? rest : 0, atMostBytes: rest };
}

function onGrid({ totalChunks, fileSizeBytes }: Layout, index: number, bytes: number, learnsBytes: number | null) {
  const isLast = index === totalChunks - 1;
  const gridBytes = bytes * (totalChunks - 1);
  const declared = fileSizeBytes ?? Number.POSITIVE_INFINITY;
  if (learnsBytes !== null) {
    if (!Number.isInteger(bytes) || bytes < 1)
      return unknown(`${totalChunks - 1} chunks cannot all have ${bytes} bytes`);
    if (gridBytes > declared) return unknown(`${totalChunks - 1} chunks of ${bytes} bytes are more than file_size`);
  }
  const place = { offset: index * bytes, atLeastBytes: bytes, atMostBytes: bytes, learnsBytes };
  if (!isLast) return placed(place);
  // Some clients leave the remainder with the last chunk, which makes it longer than the others.
  const atLeastBytes = fileSizeBytes === null ? 0 : declared - gridBytes;
  return placed({ ...place, atLeastBytes, atMostBytes: declared - gridBytes });
}

function afterTheOthers({ totalChunks, fileSizeBytes, leading }: Layout, index: number): Placement {
  const rest = (fileSizeBytes ?? Number.POSITIVE_INFINITY) - leading.bytes;
  const fills = index === totalChunks - 1 && fileSizeBytes !== null;
  return placed({ offset: leading.bytes, atLeastBytes: fills ? rest : 0, atMostBytes: rest, learnsBytes: null });
}

const placed = (place: Place): Placement => ({ kind: "placed", place });
const unknown = (why: string): Placement => ({ kind: "unknown", why });

/** Whether a chunk of this size fits its place. */
export function fits({ atLeastBytes, atMostBytes }: Place, sizeBytes: number): boolean {
  return atLeastBytes <= sizeBytes && sizeBytes <= atMostBytes;
}

const howToDeclare =
  "Declare chunk_size, the bytes of each chunk but the last, at /upload/init; then chunks may come in any order. " +
  "Without it, send them one after another, or make all but the last equal";

/** The error for a chunk that nothing places: 409. */
export function unplaceable(index: number, why: string): ServiceError {
  return new ServiceError("conflict", `Where chunk ${index} belongs is not known: ${why}. ${howToDeclare}`, {
    details: { index, reason: why },
  });
}

/**
 * The error for a chunk of another size than its place has: 422 where the sizes were declared, 409 where the other
 * chunks told them.
 *
 * @param sizeBytes null for one that is longer, and was not read to its end
 */
export function wrongSize(layout: Layout, index: number, place: Place, sizeBytes: number | null): ServiceError {
  const { atLeastBytes, atMostBytes } = place;
  const expected = atLeastBytes === atMostBytes ? `${atLeastBytes}` : `${atLeastBytes} to ${atMostBytes}`;
  const got = sizeBytes === null ? "more" : `${sizeBytes} bytes`;
  const details = {
    index,
    expected_bytes: { at_least: atLeastBytes, at_most: atMostBytes },
    received_bytes: sizeBytes,
  };
  const told = layout.chunkSize?.from ?? (place.learnsBytes === null ? "init" : "chunks");
  if (told === "init") {
    const sentence = `Chunk ${index}: ${expected} bytes are expected by what was declared at init; got ${got}`;
    return new ServiceError("invalid_request", sentence, { details });
  }
  const sentence = `Chunk ${index}: ${expected} bytes are expected by the size of the others; got ${got}. ${howToDeclare}`;
  return new ServiceError("conflict", sentence, { details });
}
