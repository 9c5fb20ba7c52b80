/**
 * Takes in one chunk. Where its place in the source is known and free, its bytes go straight there; else they wait in a
 * file beside the source and are put in place when they are whole. Either way a chunk counts only when its row is
 * written, after its bytes: neither a cut line, nor a second sender, nor a crash shows half a chunk as a whole one.
 */
import { invalidRequest, ServiceError } from "@video-backend/service";
import { ChunkFields } from "../contract.ts";
import type { UploadDeps } from "../deps.ts";
import { type Arrival, takeIn, takeInUnnamed } from "./arrival.ts";
import { type Digest, digestMismatch, hashPart, parseContentDigest, sha256Digest } from "./digest.ts";
import type { ChunkName } from "./find-chunk.ts";
import { readChunkForm } from "./read-chunk-form.ts";
import { settle } from "./settle.ts";

/**
 * A chunk as a request's raw body.
 *
 * @throws ServiceError as `expectChunk`; `conflict` for a chunk that nothing places; `invalid_request` for a wrong size;
 *   `malformed_request` for a body that breaks off; `too_slow`, `too_large`, `storage_full`, `digest_mismatch`
 */
export async function receiveRawChunk(deps: UploadDeps, name: ChunkName, request: Request): Promise<number> {
  const digest = parseContentDigest(request.headers.get("content-digest"));
  const length = request.headers.get("content-length");
  await using arrival = await takeIn(deps, name, bodyOf(request), length === null ? null : Number(length));
  if (digest) await verify(arrival, `Chunk ${name.index}`, digest);
  await settle(deps, name, arrival);
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
    const named = ChunkFields.safeParse(known);
    const taken = named.success ? takeIn(deps, nameOf(named.data), part, null) : takeInUnnamed(deps, part);
    arrival = stack.use(await taken);
  });
  const parsed = ChunkFields.safeParse(fields);
  if (!parsed.success) throw invalidRequest("form", parsed.error);
  if (!arrival) throw new Error("The form was read without its file");
  const name = nameOf(parsed.data);
  refuseSecondName(arrival, name);
  const { sha256 } = parsed.data;
  if (sha256) await verify(arrival, `Chunk ${name.index}`, sha256Digest(sha256));
  await settle(deps, name, arrival);
  return name.index;
}

const nameOf = (fields: ChunkFields): ChunkName => ({ uploadId: fields.upload_id, index: fields.index });

/** The last of a name counts in a form; but bytes that went to one chunk cannot be another's. */
function refuseSecondName({ name: taken }: Arrival, { uploadId, index }: ChunkName): void {
  if (!taken || (taken.uploadId === uploadId && taken.index === index)) return;
  throw new ServiceError("invalid_request", "upload_id and index: only one of each is expected");
}

async function verify({ file, offset, sizeBytes, visit }: Arrival, what: string, digest: Digest): Promise<void> {
  const part = { algorithm: digest.algorithm, start: offset, sizeBytes };
  const got = await hashPart(file, part, visit?.signal ?? AbortSignal.timeout(600_000));
  if (got !== digest.hex) throw digestMismatch(what, digest, got);
}

/**
 * The bytes of a request, each piece freed as soon as the next is asked for. Left to the collector, pieces of half a
 * megabyte pile up between its rounds: the service's peak is 190 MB then, and 120 MB so.
 */
async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  if (!request.body) return;
  for await (const bytes of request.body) {
    yield bytes;
    if (bytes.length === bytes.buffer.byteLength) bytes.buffer.transfer(0);
  }
}
