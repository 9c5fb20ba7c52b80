/** Starts an upload: a row and an empty source, once it is clear that the file can be accepted. */
import { ServiceError } from "@video-backend/service";
import { admit } from "../admission/admit.ts";
import { storageFull } from "../chunks/body.ts";
import type { NewUpload } from "../contract.ts";
import type { UploadDeps } from "../deps.ts";
import { currentToken, tokenUsed } from "../tokens/tokens.ts";
import { checkFilename, storedName } from "./filename.ts";
import type { UploadRecord } from "./store.ts";

/** What is known of an upload before its first byte. What is left out is not known. */
export interface UploadRequest
  extends Pick<UploadRecord, "filename" | "client">,
    Partial<Pick<UploadRecord, "title" | "fileSizeBytes" | "chunkSizeBytes" | "sourceUrl" | "uploadMetadata">> {
  /** Left out for a source that is sent as one stream. */
  totalChunks?: number;
}

export type CreateDeps = Pick<
  UploadDeps,
  "uploads" | "tokens" | "sources" | "room" | "limits" | "disk" | "active" | "newId"
>;

/**
 * The row comes first, since it promises the room; a crash before the source is created leaves an upload that nobody knows of,
 * and that expires.
 *
 * What the upload token of the request says of title, visibility and size counts, and not what its bearer says.
 *
 * @returns its id
 * @throws ServiceError `forbidden` for a token that has started an upload already; `invalid_path`, `unsupported_file_type`, `invalid_request`; `too_large`, `too_many`, `storage_full`
 *   if it cannot be accepted, before anything is sent
 */
export async function createUpload(deps: CreateDeps, request: UploadRequest): Promise<string> {
  const { uploads, room, limits } = deps;
  checkFilename(request.filename);
  checkSizes(request);
  const token = await currentToken(deps);
  if (token?.uploadId) throw tokenUsed(token.uploadId);
  // Bytes that arrive between the two readings count twice, and never not at all.
  const promisedBefore = room.promisedBytes(await uploads.listUnfinished());
  const freeBytes = await deps.disk.freeBytes();
  const id = deps.newId();
  using _active = deps.active.enter(id);
  const { totalChunks, fileSizeBytes = null, chunkSizeBytes = null } = request;
  const upload = {
    sourceUrl: null,
    uploadMetadata: null,
    ...request,
    id,
    storedName: storedName(request.filename),
    title: token?.title ?? request.title ?? null,
    visibility: token?.visibility ?? null,
    maxBytes: token?.maxBytes ?? null,
    totalChunks: totalChunks ?? 1,
    fileSizeBytes,
    chunkSizeBytes,
    appendedBytes: totalChunks === undefined ? 0 : null,
  };
  try {
    const tokenIsFree = await uploads.create(
      upload,
      ({ openOfClient, unfinished }) => {
        const promisedBytes = Math.max(promisedBefore, room.promisedBytes(unfinished));
        admit(limits, upload, { openOfClient, freeBytes, promisedBytes });
      },
      token?.id,
    );
    if (!tokenIsFree) throw tokenUsed((await currentToken(deps))?.uploadId ?? null);
    await createSource(deps, id);
  } catch (error) {
    throw storageFull(error) ?? error;
  }
  return id;
}

async function createSource({ sources, uploads }: CreateDeps, id: string): Promise<void> {
  try {
    await sources.create(id);
  } catch (error) {
    await uploads.delete(id);
    await sources.remove(id);
    throw error;
  }
}

/** The form of init. */
export const requestOf = (form: NewUpload, client: string | null): UploadRequest => ({
  filename: form.filename,
  title: form.title ?? null,
  totalChunks: form.total_chunks,
  fileSizeBytes: form.file_size ?? null,
  chunkSizeBytes: form.chunk_size ?? null,
  client,
});

/** Sizes that contradict each other would let no chunk be accepted; better refused before the first one is sent. */
function checkSizes({ totalChunks = 1, fileSizeBytes = null, chunkSizeBytes = null }: UploadRequest): void {
  if (chunkSizeBytes === null || totalChunks === 1) return;
  const gridBytes = chunkSizeBytes * (totalChunks - 1);
  if (chunkSizeBytes > 0 && (fileSizeBytes === null || gridBytes <= fileSizeBytes)) return;
  const sentence =
    chunkSizeBytes === 0
      ? "chunk_size: at least 1 is expected where there is more than one chunk"
      : `chunk_size: ${totalChunks - 1} chunks of ${chunkSizeBytes} bytes and a last one are more than file_size, ${fileSizeBytes}`;
  throw new ServiceError("invalid_request", sentence, {
    details: { problems: [{ field: "chunk_size", message: sentence }] },
  });
}
