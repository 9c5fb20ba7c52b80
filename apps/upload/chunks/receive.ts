/**
 * Takes in one chunk. Where its place in the source is known and free, its bytes go straight there; else to a file of its
 * own, from which they are moved in as soon as that can be. Either way a chunk counts when its row is written, after its bytes
 * are on the disk: neither a cut line, nor a second sender, nor a crash shows half a chunk as a whole one.
 */
import type { FileHandle } from "node:fs/promises";
import { invalidRequest, ServiceError } from "@video-backend/service";
import { chunkTooLarge, fileTooLarge } from "../admission/admit.ts";
import type { Meter } from "../admission/room.ts";
import { ChunkFields } from "../contract.ts";
import type { ChunkRow } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import type { NewFile } from "../sources/source-directory.ts";
import { bodyOf, storageFull, writeBody } from "./body.ts";
import { type Claim, claimChunk, expectSuperseded } from "./claim.ts";
import { type Digest, digestMismatch, hashPart, parseContentDigest, sha256Digest } from "./digest.ts";
import { readChunkForm } from "./form.ts";
import { moveIn, openSource } from "./move-in.ts";
import { fits, wrongSize } from "./place.ts";
import { type ChunkName, commitChunk, expectOpen } from "./rows.ts";

/**
 * A chunk as a request's raw body.
 *
 * @throws ServiceError as `expectOpen`; `invalid_request` for a size that contradicts what was declared; `malformed_request`
 *   for a body that breaks off; `too_slow`, `too_large`, `storage_full`, `digest_mismatch`
 */
export async function receiveRawChunk(deps: UploadDeps, name: ChunkName, request: Request): Promise<number> {
  const digest = parseContentDigest(request.headers.get("content-digest"));
  const length = request.headers.get("content-length");
  await using arrival = await takeIn(deps, name, bodyOf(request), length === null ? null : Number(length));
  await acknowledge(deps, name, arrival, digest);
  return name.index;
}

/**
 * A chunk as the part `file` of a form. The fields may stand before it or after it; what is known before is checked before
 * a byte is written.
 *
 * @throws ServiceError as `receiveRawChunk`; `malformed_request` for a broken form
 */
export async function receiveChunkForm(deps: UploadDeps, request: Request): Promise<number> {
  await using stack = new AsyncDisposableStack();
  let arrival: Arrival | undefined;
  const fields = await readChunkForm(request, deps.limits.stallSeconds, async (known, part) => {
    arrival = stack.use(await takeIn(deps, nameSoFar(known), part, null));
  });
  const parsed = ChunkFields.safeParse(fields);
  if (!parsed.success) throw invalidRequest("form", parsed.error);
  if (!arrival) throw new Error("The form was read without its file");
  const { upload_id: uploadId, index, sha256 } = parsed.data;
  refuseSecondName(arrival.name, { uploadId, index });
  await acknowledge(deps, { uploadId, index }, arrival, sha256 ? sha256Digest(sha256) : null);
  return index;
}

/** What is known of a chunk when its bytes come; a form may tell it after them. */
type NameSoFar = { [Part in keyof ChunkName]: ChunkName[Part] | null };

function nameSoFar(fields: Record<string, string>): NameSoFar {
  const { upload_id, index } = ChunkFields.shape;
  return {
    uploadId: upload_id.safeParse(fields.upload_id).data ?? null,
    index: index.safeParse(fields.index).data ?? null,
  };
}

/** The last of a name counts in a form; but bytes that went to one chunk cannot be another's. */
function refuseSecondName(soFar: NameSoFar, name: ChunkName): void {
  const isOther = (one: unknown, last: unknown) => one !== null && one !== last;
  if (!isOther(soFar.uploadId, name.uploadId) && !isOther(soFar.index, name.index)) return;
  throw new ServiceError("invalid_request", "upload_id and index: only one of each is expected");
}

/** A chunk whose bytes are all here. Disposing releases what it holds, and removes a file that was not kept. */
interface Arrival extends AsyncDisposable {
  name: NameSoFar;
  /** Null until its whole name is known. */
  claim: Claim | null;
  file: FileHandle;
  /** Where its first byte is in `file`. */
  offset: number;
  /** The file of its own; null where `file` is the source. */
  spool: NewFile | null;
  sizeBytes: number;
  meter: Meter;
  /** Aborts when the upload is deleted. */
  signal: AbortSignal;
}

/** @param announcedBytes how many will come, where the sender says so */
async function takeIn(
  deps: UploadDeps,
  name: NameSoFar,
  body: AsyncIterable<Uint8Array>,
  announcedBytes: number | null,
): Promise<Arrival> {
  const { limits } = deps;
  const { uploadId, index } = name;
  if ((announcedBytes ?? 0) > limits.maxChunkBytes) throw chunkTooLarge(limits);
  await using stack = new AsyncDisposableStack();
  if (uploadId !== null && index === null) expectOpen(deps.rows, uploadId, index);
  const meter = stack.use(deps.room.enter(uploadId));
  await meter.expect(announcedBytes ?? 0);
  const signal = uploadId === null ? new AbortController().signal : stack.use(deps.work.enter(uploadId)).signal;
  let [claim, file, spool]: [Claim | null, FileHandle | null, NewFile | null] = [null, null, null];
  if (uploadId !== null && index !== null) {
    claim = stack.use(claimChunk(deps, { uploadId, index }));
    if (claim.offset !== null) file = stack.use(await openSource(deps, uploadId));
  }
  const limit = limitOf(deps, claim, index ?? 0);
  if (announcedBytes !== null && announcedBytes > limit.limitBytes) throw limit.overlong();
  if (file === null) {
    spool = stack.use(await deps.sources.openSpool());
    file = spool.file;
  }
  const offset = claim?.offset ?? 0;
  const discard = claim?.stop ?? new AbortController().signal;
  const { stallSeconds } = limits;
  const sizeBytes = await writeBody(body, { file, offset, ...limit, meter, discard, signal, stallSeconds });
  if (announcedBytes !== null && sizeBytes !== announcedBytes) throw endedEarly(announcedBytes, sizeBytes);
  const owned = stack.move();
  const dispose = () => owned.disposeAsync();
  return { name, claim, file, offset, spool, sizeBytes, meter, signal, [Symbol.asyncDispose]: dispose };
}

/** Where a body has to end at the latest, and the error for one that does not. */
function limitOf({ limits }: Pick<UploadDeps, "limits">, claim: Claim | null, index: number) {
  const ends = [{ limitBytes: limits.maxChunkBytes, overlong: () => chunkTooLarge(limits) }];
  if (claim) {
    const { bounds, restBytes } = claim;
    ends.unshift({ limitBytes: bounds.maxBytes, overlong: () => wrongSize(index, bounds, null) });
    ends.push({ limitBytes: limits.maxFileBytes - restBytes, overlong: () => fileTooLarge(limits) });
  }
  return ends.reduce((first, end) => (end.limitBytes < first.limitBytes ? end : first));
}

/** From bytes that are all here to a row that says so. */
async function acknowledge(deps: UploadDeps, name: ChunkName, arrival: Arrival, digest: Digest | null): Promise<void> {
  using late = arrival.claim ? null : claimChunk(deps, name, true);
  using work = deps.work.enter(name.uploadId);
  const claim = arrival.claim ?? (late as Claim);
  try {
    if (!fits(claim.bounds, arrival.sizeBytes)) throw wrongSize(name.index, claim.bounds, arrival.sizeBytes);
    if (digest && !claim.stop.aborted) await verify(arrival, `Chunk ${name.index}`, digest, claim, work.signal);
    if (claim.stop.aborted) return expectSuperseded(deps, name, claim);
    const replaced = await (arrival.spool ? commitSpool : commitInPlace)(deps, name, arrival, claim);
    if (replaced === "superseded") return expectSuperseded(deps, name, claim);
    // From here on its row counts it.
    arrival.meter[Symbol.dispose]();
    if (replaced?.spool) await deps.sources.removeKept(name.uploadId, replaced.spool);
  } catch (error) {
    throw storageFull(error) ?? error;
  }
}

/** The bytes are read back from where they were written; a newer sender's may be there by now, which is no mismatch. */
async function verify(
  { file, offset, sizeBytes }: Arrival,
  what: string,
  digest: Digest,
  { stop }: Claim,
  signal: AbortSignal,
): Promise<void> {
  const got = await hashPart(file, { algorithm: digest.algorithm, start: offset, sizeBytes }, signal);
  if (got !== digest.hex && !stop.aborted) throw digestMismatch(what, digest, got);
}

type Replaced = ChunkRow | null | "superseded";

async function commitInPlace(deps: UploadDeps, name: ChunkName, arrival: Arrival, claim: Claim): Promise<Replaced> {
  const { file, offset, sizeBytes } = arrival;
  await deps.sources.sync(deps.sources.pathOf(name.uploadId), file, "chunk");
  return await deps.commit(() => commitChunk(deps, name, { offsetBytes: offset, spool: null, sizeBytes }, claim));
}

async function commitSpool(deps: UploadDeps, name: ChunkName, arrival: Arrival, claim: Claim): Promise<Replaced> {
  const { sizeBytes } = arrival;
  const spool = await deps.sources.keep(name.uploadId, arrival.spool as NewFile);
  let replaced: Replaced = "superseded";
  try {
    replaced = await deps.commit(() => commitChunk(deps, name, { offsetBytes: null, spool, sizeBytes }, claim));
  } finally {
    if (replaced === "superseded") await deps.sources.removeKept(name.uploadId, spool);
  }
  const moving = moveIn(deps, claim.upload, name.index);
  // With a declared size that is this chunk alone; without it all that waited for this one may follow, the whole file even.
  if (claim.upload.chunkSizeBytes !== null) await moving;
  return replaced;
}

const endedEarly = (announced: number, got: number): ServiceError =>
  new ServiceError("malformed_request", `The body ended early: ${got} of ${announced} bytes came; send it again`);
