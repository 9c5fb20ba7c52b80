/** What the rows say of a chunk: whether its upload takes it, whether it is here, where it belongs. */
import { ServiceError } from "@video-backend/service";
import { and, desc, eq, ne } from "drizzle-orm";
import type { UploadDatabase } from "../database/open.ts";
import { type ChunkRow, chunks, type UploadRow } from "../database/schema.ts";
import { findUpload } from "../uploads/find-upload.ts";
import {
  fits,
  type Layout,
  type Leading,
  type Place,
  placementAgain,
  placementOf,
  unplaceable,
  wrongSize,
} from "./placement.ts";

type Reads = Pick<UploadDatabase, "select">;

/** Which chunk it is. */
export interface ChunkName {
  uploadId: string;
  index: number;
}

/**
 * Asked before a byte is written, and again when the chunk is whole.
 *
 * @throws ServiceError `not_found`; `conflict` when the upload takes no chunks; `invalid_request` for the index
 */
export function expectChunk(database: Reads, { uploadId, index }: ChunkName): UploadRow {
  const upload = findUpload(database, uploadId);
  const { state, totalChunks, appendedBytes } = upload;
  if (state !== "receiving") {
    throw new ServiceError("conflict", `An upload that is ${state} takes no more chunks`, {
      details: { upload_id: uploadId, state, accepted: ["receiving"] },
    });
  }
  if (appendedBytes !== null) {
    const sentence = "This upload comes as one stream (tus, or from an address) and takes no chunks";
    throw new ServiceError("conflict", sentence, { details: { upload_id: uploadId } });
  }
  if (index >= totalChunks) {
    const accepted = `an integer from 0 to ${totalChunks - 1} is expected, since total_chunks is ${totalChunks}`;
    throw new ServiceError("invalid_request", `index: ${accepted}; got ${index}`, {
      details: { problems: [{ field: "index", message: accepted }] },
    });
  }
  return upload;
}

/** The row of a chunk that is here, or was until other bytes began to be put in its place. */
export function findChunk(database: Reads, { uploadId, index }: ChunkName): ChunkRow | null {
  const isIt = and(eq(chunks.uploadId, uploadId), eq(chunks.index, index));
  return database.select().from(chunks).where(isIt).get() ?? null;
}

/**
 * Where a chunk of this size belongs by what is here at this moment, or the error that it is answered with.
 *
 * @throws what `expectChunk` throws
 */
export function placeNow(
  database: Reads,
  name: ChunkName,
  sizeBytes: number,
): { place: Place } | { error: ServiceError } {
  const layout = layoutOf(database, expectChunk(database, name));
  const present = findChunk(database, name);
  let place: Place;
  if (present) {
    const { offsetBytes: offset, sizeBytes } = present;
    place = placementAgain(layout, name.index, { offset, sizeBytes });
  } else {
    const placement = placementOf(layout, name.index, sizeBytes);
    if (placement.kind === "size-needed") throw new Error("Its size is known");
    if (placement.kind === "unknown") return { error: unplaceable(name.index, placement.why) };
    place = placement.place;
  }
  return fits(place, sizeBytes) ? { place } : { error: wrongSize(layout, name.index, place, sizeBytes) };
}

/** What the rows of an upload say of where its chunks belong. */
export function layoutOf(database: Reads, upload: UploadRow): Layout {
  const { id, totalChunks, fileSizeBytes, chunkSizeBytes, learnedChunkSizeBytes } = upload;
  const fixed = { totalChunks, fileSizeBytes };
  const leading = { count: 0, bytes: 0, equalBytes: null };
  if (chunkSizeBytes !== null) return { ...fixed, chunkSize: { bytes: chunkSizeBytes, from: "init" }, leading };
  if (learnedChunkSizeBytes !== null) {
    return { ...fixed, chunkSize: { bytes: learnedChunkSizeBytes, from: "chunks" }, leading };
  }
  return { ...fixed, chunkSize: null, leading: leadingChunks(database, id) };
}

/** Without a chunk size, rows are made in order only: the last one ends where all of them end. */
function leadingChunks(database: Reads, uploadId: string): Leading {
  const ofUpload = eq(chunks.uploadId, uploadId);
  const last = database.select().from(chunks).where(ofUpload).orderBy(desc(chunks.index)).limit(1).get();
  if (!last) return { count: 0, bytes: 0, equalBytes: null };
  const isOther = and(ofUpload, ne(chunks.sizeBytes, last.sizeBytes));
  return {
    count: last.index + 1,
    bytes: last.offsetBytes + last.sizeBytes,
    // Asked by a chunk that comes out of order only: it reads all rows, which each of thousands in order must not.
    get equalBytes() {
      const other = database.select({ index: chunks.index }).from(chunks).where(isOther).limit(1).get();
      return other ? null : last.sizeBytes;
    },
  };
}
