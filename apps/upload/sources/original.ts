/** A source that is stored: its key, and its hash. */
import { createHash } from "node:crypto";
import { ServiceError } from "@video-backend/service";
import { originalKey as keyOfOriginal } from "@video-backend/storage/layout";
import type { UploadDeps } from "../deps.ts";
import { findUpload } from "../uploads/state.ts";
import type { UploadRecord } from "../uploads/store.ts";

/** `originals/{id}/{name}`; the name was checked at init, and the store checks the key once more. */
export function originalKey(upload: Pick<UploadRecord, "id" | "filename" | "storedName">): string {
  return keyOfOriginal(upload.id, storedNameOf(upload));
}

/** The name of the file for the other services. */
export const storedNameOf = (upload: Pick<UploadRecord, "filename" | "storedName">): string =>
  upload.storedName ?? upload.filename;

/**
 * Its SHA-256 in lower-case hex, by which identical files are found. It is computed once and kept with the upload.
 *
 * @throws ServiceError `not_found` if the upload or its source is gone
 */
export async function hashOriginal(
  deps: Pick<UploadDeps, "uploads" | "store">,
  uploadId: string,
  signal: AbortSignal,
): Promise<string> {
  const upload = await findUpload(deps, uploadId);
  if (upload.sha256 !== null) return upload.sha256;
  const stored = await deps.store.open(originalKey(upload));
  if (!stored) throw new ServiceError("not_found", `The source of ${uploadId} is gone`);
  const hash = createHash("sha256");
  for await (const bytes of stored.blob.stream()) {
    signal.throwIfAborted();
    hash.update(bytes);
  }
  const sha256 = hash.digest("hex");
  await deps.uploads.update(uploadId, { sha256 });
  return sha256;
}
