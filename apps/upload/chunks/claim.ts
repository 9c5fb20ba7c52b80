/**
 * What the sender of a chunk holds while it comes in. No two write to the same bytes of the source: who finds his place
 * taken, or not known yet, writes to a file of his own. Of several senders of the same chunk the newest that is whole wins.
 */
import { type Hold, ServiceError } from "@video-backend/service";
import type { UploadRow } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { moveIn, placeKey } from "./move-in.ts";
import { offsetOf, type SizeBounds, sizeBounds } from "./place.ts";
import { type ChunkName, expectOpen } from "./rows.ts";

export interface Claim extends Disposable {
  /** Among the senders of this chunk, in the order in which they came. */
  hold: Hold;
  bounds: SizeBounds;
  upload: UploadRow;
  /** How large the upload is without this chunk, or before it. */
  restBytes: number;
  /** Where in the source the bytes go; null for a file of their own. */
  offset: number | null;
  /** Aborts when no more may be written: a newer sender was whole first, or `complete` wants the source. */
  stop: AbortSignal;
}

/**
 * Nothing is awaited here: what the rows say and who holds what are of the same moment.
 *
 * @param isAside true for bytes that are in a file of their own already
 * @throws what `expectOpen` throws
 */
export function claimChunk(deps: UploadDeps, name: ChunkName, isAside = false): Claim {
  const { rows, turns } = deps;
  const { uploadId, index } = name;
  const upload = expectOpen(rows, uploadId, index);
  const present = rows.find(name);
  const others = rows.others(upload, present);
  const bounds = sizeBounds(upload, index, others, present !== null);
  const offset = isAside || present ? null : offsetOf(upload, rows.inSource(uploadId), index, null);
  const hold = turns.enter(`chunk ${uploadId} ${index}`);
  const place = offset === null ? null : turns.tryAcquire(placeKey(upload, index));
  const stop = place ? AbortSignal.any([hold.signal, place.signal]) : hold.signal;
  // Whoever stops it writes here next, and must not wait until the sender has sent the rest.
  stop.addEventListener("abort", () => place?.[Symbol.dispose](), { once: true });
  return {
    hold,
    bounds,
    upload,
    restBytes: Math.max(others.sizeBytes, offset ?? 0),
    offset: place ? offset : null,
    stop,
    [Symbol.dispose]() {
      hold[Symbol.dispose]();
      if (!place || stop.aborted) return;
      place[Symbol.dispose]();
      // Chunks behind it may have waited for it, or another sender's for the place.
      void moveIn(deps, upload, index);
    },
  };
}

/**
 * For a sender who was stopped: his chunk is here, as a newer one sent it.
 *
 * @throws ServiceError `not_found`; `conflict` when it is not
 */
export function expectSuperseded({ rows }: Pick<UploadDeps, "rows">, name: ChunkName, { hold }: Claim): void {
  const isHere = rows.find(name) !== null;
  if (hold.signal.aborted && isHere) return;
  const { state } = expectOpen(rows, name.uploadId, name.index);
  throw new ServiceError("conflict", `Chunk ${name.index} was stopped by a newer request that failed; send it again`, {
    details: { upload_id: name.uploadId, state },
  });
}
