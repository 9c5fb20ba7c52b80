/**
 * Receives one chunk. If its place in the source is known and free, its bytes go straight there; otherwise to a file of its own, a
 * spool, from which they are moved as soon as possible. Either way a chunk is acknowledged by its row, which is written after its
 * bytes are synced: neither a broken connection, nor a second sender, nor a crash makes half a chunk count as a whole one.
 *
 * No two write to the same bytes of the source. Of several senders of the same chunk the newest that is whole wins.
 */
import type { FileHandle } from "node:fs/promises";
import { type Hold, invalidRequest, ServiceError } from "@video-backend/service";
import { chunkTooLarge, fileTooLarge, type Limits, maxFileBytesOf } from "../admission/admit.ts";
import type { Meter } from "../admission/room.ts";
import { ChunkFields } from "../contract.ts";
import type { UploadDeps } from "../deps.ts";
import type { NewFile } from "../sources/source-directory.ts";
import { openSource } from "../sources/source-directory.ts";
import { expectOwnUpload } from "../tokens/tokens.ts";
import { expectTakesChunk, uploadNotFound } from "../uploads/state.ts";
import type { UploadRecord } from "../uploads/store.ts";
import { bodyOf, storageFull, writeBody } from "./body.ts";
import { type Digest, digestMismatch, hashPart, parseContentDigest, sha256Digest } from "./digest.ts";
import { readChunkForm } from "./form.ts";
import { moveChunks, placeKey } from "./move-chunks.ts";
import { fits, offsetOf, type SizeBounds, sizeBounds, wrongSize } from "./place.ts";
import type { ChunkName, ChunkRecord, Neighbours, Situation } from "./store.ts";

type Deps = Pick<
  UploadDeps,
  "uploads" | "chunks" | "tokens" | "sources" | "room" | "limits" | "active" | "locks" | "copyRange" | "log"
>;

/**
 * A chunk as the raw body of a request.
 *
 * @throws ServiceError as `expectTakesChunk`; `invalid_request` for a size that contradicts what was declared;
 *   `malformed_request` for a body that ends early; `too_slow`, `too_large`, `storage_full`, `digest_mismatch`
 */
export async function receiveRawChunk(deps: Deps, name: ChunkName, request: Request): Promise<number> {
  await expectOwnUpload(deps, name.uploadId);
  const announced = request.headers.get("content-digest");
  const digest = announced === null ? null : parseContentDigest(announced);
  const length = request.headers.get("content-length");
  await using arrival = await receiveBody(deps, name, bodyOf(request), length === null ? null : Number(length));
  await acknowledge(deps, name, arrival, digest);
  return name.index;
}

/**
 * A chunk as the part `file` of a form. The fields may come before it or after it; what comes before is checked before a byte
 * is written.
 *
 * @throws ServiceError as `receiveRawChunk`; `malformed_request` for a broken form
 */
export async function receiveChunkForm(deps: Deps, request: Request): Promise<number> {
  await using stack = new AsyncDisposableStack();
  let arrival: Arrival | undefined;
  const fields = await readChunkForm(request, deps.limits.stallSeconds, async (known, part) => {
    const name = nameSoFar(known);
    const uploadId = await expectOwnUpload(deps, name.uploadId);
    arrival = stack.use(await receiveBody(deps, { ...name, uploadId }, part, null));
  });
  const parsed = ChunkFields.safeParse(fields);
  if (!parsed.success) throw invalidRequest("form", parsed.error);
  if (!arrival) throw new Error("The form was read without its file");
  const { upload_id: uploadId, index, sha256 } = parsed.data;
  await expectOwnUpload(deps, uploadId);
  refuseSecondName(arrival.name, { uploadId, index });
  await acknowledge(deps, { uploadId, index }, arrival, sha256 ? sha256Digest(sha256) : null);
  return index;
}

/** What is known of a chunk when its bytes arrive; the rest of a form may follow them. */
type NameSoFar = { [Part in keyof ChunkName]: ChunkName[Part] | null };

function nameSoFar(fields: Record<string, string>): NameSoFar {
  const { upload_id, index } = ChunkFields.shape;
  return {
    uploadId: upload_id.safeParse(fields.upload_id).data ?? null,
    index: index.safeParse(fields.index).data ?? null,
  };
}

/** The last field of a name counts in a form; but bytes that were written for one chunk cannot become another. */
function refuseSecondName(soFar: NameSoFar, name: ChunkName): void {
  const isOther = (one: unknown, last: unknown) => one !== null && one !== last;
  if (!isOther(soFar.uploadId, name.uploadId) && !isOther(soFar.index, name.index)) return;
  throw new ServiceError("invalid_request", "upload_id and index: only one of each is expected");
}

/** A chunk that is received completely. Disposing releases what it holds, and removes a spool that was not kept. */
interface Arrival extends AsyncDisposable {
  name: NameSoFar;
  /** Null until its whole name is known. */
  claim: Claim | null;
  file: FileHandle;
  /** Where its first byte is in `file`. */
  offset: number;
  /** Null if `file` is the source. */
  spool: NewFile | null;
  sizeBytes: number;
  meter: Meter;
}

/** @param announcedBytes the length, if the sender announces it */
async function receiveBody(
  deps: Deps,
  name: NameSoFar,
  body: AsyncIterable<Uint8Array>,
  announcedBytes: number | null,
): Promise<Arrival> {
  const { limits } = deps;
  const { uploadId, index } = name;
  if ((announcedBytes ?? 0) > limits.maxChunkBytes) throw chunkTooLarge(limits);
  await using stack = new AsyncDisposableStack();
  const signal = uploadId === null ? never : stack.use(deps.active.enter(uploadId)).signal;
  const situation = uploadId !== null && index !== null ? await situationOf(deps, { uploadId, index }) : null;
  let upload = situation?.upload ?? null;
  if (uploadId !== null) upload ??= expectTakesChunk(await deps.uploads.find(uploadId), uploadId, null);
  const meter = stack.use(deps.room.enter(uploadId));
  await meter.expect(announcedBytes ?? 0, upload);
  const claim = situation && index !== null ? stack.use(await claimChunk(deps, situation, index)) : null;
  const limit = limitOf(deps.limits, upload, claim, index ?? 0);
  if (announcedBytes !== null && announcedBytes > limit.limitBytes) throw limit.overlong();
  const spool = claim?.offset == null ? stack.use(await deps.sources.openSpool()) : null;
  const file = spool?.file ?? stack.use(await openSource(deps, (claim as Claim).upload));
  const offset = claim?.offset ?? 0;
  const discard = claim?.superseded ?? never;
  const { stallSeconds } = limits;
  const sizeBytes = await writeBody(body, { file, offset, ...limit, meter, discard, signal, stallSeconds });
  if (announcedBytes !== null && sizeBytes !== announcedBytes) throw endedEarly(announcedBytes, sizeBytes);
  const owned = stack.move();
  const dispose = () => owned.disposeAsync();
  return { name, claim, file, offset, spool, sizeBytes, meter, [Symbol.asyncDispose]: dispose };
}

const never = new AbortController().signal;

/** The first limit that a body reaches, and its error. */
function limitOf(limits: Limits, upload: UploadRecord | null, claim: Claim | null, index: number) {
  const ends = [{ limitBytes: limits.maxChunkBytes, overlong: () => chunkTooLarge(limits) }];
  if (claim) {
    const { bounds } = claim;
    ends.unshift({ limitBytes: bounds.maxBytes, overlong: () => wrongSize(index, bounds, null) });
  }
  if (upload) {
    const maxBytes = maxFileBytesOf(limits, upload);
    ends.push({ limitBytes: maxBytes - (claim?.restBytes ?? 0), overlong: () => fileTooLarge(maxBytes) });
  }
  return ends.reduce((first, end) => (end.limitBytes < first.limitBytes ? end : first));
}

/** What the sender of a chunk holds while it is received. */
interface Claim extends Disposable {
  /** Among the senders of this chunk, in the order in which they arrived. */
  hold: Hold;
  /** Aborts when this sender must not write any more: a newer one was whole first, or `complete` needs the source. */
  superseded: AbortSignal;
  upload: UploadRecord;
  bounds: SizeBounds;
  /** The size of the upload without this chunk, or before it. */
  restBytes: number;
  /** Where in the source the bytes go; null for a spool. */
  offset: number | null;
}

/** @throws what `expectTakesChunk` throws */
async function situationOf({ chunks }: Pick<Deps, "chunks">, name: ChunkName): Promise<Situation> {
  const situation = await chunks.inspect(name);
  if (!situation) throw uploadNotFound(name.uploadId);
  expectTakesChunk(situation.upload, name.uploadId, name.index);
  return situation;
}

/** @param hasSpool true for bytes that are in a spool already */
async function claimChunk(deps: Deps, situation: Situation, index: number, hasSpool = false): Promise<Claim> {
  const { chunks, locks } = deps;
  const { upload } = situation;
  const name = { uploadId: upload.id, index };
  const hold = locks.enter(`chunk ${upload.id} ${index}`);
  // The rows are read while holding the place: nobody else changes what is in the source there.
  const place = hasSpool ? null : locks.tryAcquire(placeKey(upload, index));
  const superseded = place ? AbortSignal.any([hold.signal, place.signal]) : hold.signal;
  // The next writer needs the place at once, and must not wait until this sender has sent the rest.
  superseded.addEventListener("abort", () => place?.[Symbol.dispose](), { once: true });
  try {
    let offset: number | null = null;
    if (place && !(await chunks.find(name))) {
      const neighbours = upload.chunkSizeBytes === null ? await chunks.neighbours(name) : none;
      offset = offsetOf(upload, neighbours, index, null);
    }
    const isPlaced = offset !== null;
    if (place && !isPlaced) releasePlace();
    return {
      hold,
      superseded,
      upload,
      bounds: sizeBounds(upload, index, situation),
      restBytes: Math.max(situation.otherBytes, offset ?? 0),
      offset,
      [Symbol.dispose]() {
        hold[Symbol.dispose]();
        if (isPlaced && !superseded.aborted) releasePlace();
      },
    };
  } catch (error) {
    hold[Symbol.dispose]();
    place?.[Symbol.dispose]();
    throw error;
  }

  /** Chunks behind this one may have waited for it, or another sender's for the place. */
  function releasePlace(): void {
    place?.[Symbol.dispose]();
    void moveChunks(deps, upload, index);
  }
}

const none: Neighbours = { before: null, after: null };

/** From bytes that are received to the row that acknowledges them. */
async function acknowledge(deps: Deps, name: ChunkName, arrival: Arrival, digest: Digest | null): Promise<void> {
  const { uploadId, index } = name;
  using active = deps.active.enter(uploadId);
  using late = arrival.claim ? null : await claimLate(deps, name);
  const claim = arrival.claim ?? (late as Claim);
  const { superseded, upload } = claim;
  try {
    if (!fits(claim.bounds, arrival.sizeBytes)) throw wrongSize(index, claim.bounds, arrival.sizeBytes);
    if (digest && !superseded.aborted) await verify(arrival, index, digest, superseded, active.signal);
    if (!superseded.aborted) {
      const replaced = await commitChunk(deps, name, arrival, claim);
      // From here on the row counts these bytes.
      arrival.meter[Symbol.dispose]();
      if (replaced?.spool) await deps.sources.removeKept(uploadId, replaced.spool);
    }
  } catch (error) {
    if (!superseded.aborted) throw storageFull(error) ?? error;
  }
  if (superseded.aborted) return await expectReplaced(deps, name, claim);
  if (!arrival.spool) return;
  const moving = moveChunks(deps, upload, index);
  // With a declared size that is this chunk alone; without it all chunks that waited for this one may follow, even the whole file.
  if (upload.chunkSizeBytes !== null) await moving;
}

/** For a form whose fields followed its file. */
async function claimLate(deps: Deps, { uploadId, index }: ChunkName): Promise<Claim> {
  return await claimChunk(deps, await situationOf(deps, { uploadId, index }), index, true);
}

/** The bytes are read back from where they were written; a newer sender's may be there by now, which is no mismatch. */
async function verify(
  { file, offset, sizeBytes }: Arrival,
  index: number,
  digest: Digest,
  superseded: AbortSignal,
  signal: AbortSignal,
): Promise<void> {
  const got = await hashPart(file, { algorithm: digest.algorithm, start: offset, sizeBytes }, signal);
  if (got !== digest.hex && !superseded.aborted) throw digestMismatch(`Chunk ${index}`, digest, got);
}

/**
 * Syncs the bytes and writes the row. Whether the upload takes the chunk is checked inside the transaction: whatever happened
 * while it was received, no chunk is added to an upload that was completed or deleted. Older senders are superseded there, too.
 *
 * @returns the chunk that it replaces
 * @throws ServiceError as `receiveRawChunk`; the reason of the claim if it is superseded
 */
async function commitChunk(
  { chunks, sources, limits }: Deps,
  name: ChunkName,
  { file, offset, spool, sizeBytes }: Arrival,
  { hold, superseded }: Claim,
): Promise<ChunkRecord | null> {
  const { uploadId, index } = name;
  const kept = spool ? await sources.keep(uploadId, spool) : null;
  if (!spool) await sources.sync(sources.pathOf(uploadId), file, "chunk");
  const chunk = { offsetBytes: spool ? null : offset, spool: kept, sizeBytes };
  try {
    return await chunks.acknowledge(name, chunk, (situation) => {
      if (!situation) throw uploadNotFound(uploadId);
      expectTakesChunk(situation.upload, uploadId, index);
      superseded.throwIfAborted();
      const bounds = sizeBounds(situation.upload, index, situation);
      if (!fits(bounds, sizeBytes)) throw wrongSize(index, bounds, sizeBytes);
      const maxBytes = maxFileBytesOf(limits, situation.upload);
      if (situation.otherBytes + sizeBytes > maxBytes) throw fileTooLarge(maxBytes);
      void hold.supersede(new ServiceError("conflict", "A newer sender of this chunk was whole first"));
    });
  } catch (error) {
    if (kept) await sources.removeKept(uploadId, kept);
    throw error;
  }
}

/**
 * For a sender that was superseded: its chunk is acknowledged, as a newer one sent it.
 *
 * @throws ServiceError `not_found`; `conflict` if it is not
 */
async function expectReplaced(
  { uploads, chunks }: Pick<Deps, "uploads" | "chunks">,
  name: ChunkName,
  { hold }: Claim,
): Promise<void> {
  if (hold.signal.aborted && (await chunks.find(name))) return;
  const { state } = expectTakesChunk(await uploads.find(name.uploadId), name.uploadId, name.index);
  throw new ServiceError("conflict", `Chunk ${name.index} was stopped by a newer request that failed; send it again`, {
    details: { upload_id: name.uploadId, state },
  });
}

const endedEarly = (announced: number, got: number): ServiceError =>
  new ServiceError(
    "malformed_request",
    `The body ended early: ${got} of ${announced} bytes were received; send it again`,
  );
