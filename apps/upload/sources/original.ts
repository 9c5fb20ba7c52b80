/** A source that is stored: where it lies, and what it hashes to. */
import { createHash } from "node:crypto";
import { ServiceError } from "@video-backend/service";
import { originalKey as keyOfOriginal } from "@video-backend/storage/layout";
import { eq } from "drizzle-orm";
import { type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { findUpload } from "../uploads/state.ts";

/** `originals/{id}/{name}`; the name was checked at init, and the store checks the key once more. */
export function originalKey(upload: Pick<UploadRow, "id" | "filename" | "storedName">): string {
  return keyOfOriginal(upload.id, storedNameOf(upload));
}

/** The name that the other services know the file by. */
export const storedNameOf = (upload: Pick<UploadRow, "filename" | "storedName">): string =>
  upload.storedName ?? upload.filename;

/**
 * Its SHA-256 in lower-case hex, kept with the upload: what tells identical files. It is read once.
 *
 * @throws ServiceError `not_found` when upload or source are gone
 */
export async function hashOriginal(
  { database, store }: Pick<UploadDeps, "database" | "store">,
  uploadId: string,
  signal: AbortSignal,
): Promise<string> {
  const upload = findUpload(database, uploadId);
  if (upload.sha256 !== null) return upload.sha256;
  const stored = await store.open(originalKey(upload));
  if (!stored) throw new ServiceError("not_found", `The source of ${uploadId} is gone`);
  const hash = createHash("sha256");
  for await (const bytes of stored.blob.stream()) {
    signal.throwIfAborted();
    hash.update(bytes);
  }
  const sha256 = hash.digest("hex");
  database.update(uploads).set({ sha256 }).where(eq(uploads.id, uploadId)).run();
  return sha256;
}
