/** The SHA-256 of a whole source, kept with its upload: what tells identical files. */
import { createHash } from "node:crypto";
import { ServiceError } from "@video-backend/service";
import { eq } from "drizzle-orm";
import { hashPart } from "../chunks/digest.ts";
import { type UploadRow, uploads } from "../database/schema.ts";
import type { UploadDeps } from "../deps.ts";
import { findUpload } from "../uploads/find-upload.ts";
import { originalKey } from "./original-key.ts";
import { sizeOf } from "./size-of.ts";

/**
 * Reads a source that takes no more bytes, unless that was done before; in lower-case hex.
 *
 * @throws ServiceError `not_found` when upload or source are gone
 */
export async function hashSource(deps: UploadDeps, uploadId: string, signal: AbortSignal): Promise<string> {
  const upload = findUpload(deps.database, uploadId);
  if (upload.sha256 !== null) return upload.sha256;
  const sha256 =
    upload.sourceSizeBytes === null ? await hashInMaking(deps, upload, signal) : await hashStored(deps, upload, signal);
  deps.database.update(uploads).set({ sha256 }).where(eq(uploads.id, uploadId)).run();
  return sha256;
}

async function hashInMaking(deps: UploadDeps, upload: UploadRow, signal: AbortSignal): Promise<string> {
  await using file = await deps.sources.open(upload.id);
  const part = { algorithm: "sha256" as const, start: 0, sizeBytes: sizeOf(deps.database, upload) };
  return await hashPart(file, part, signal);
}

async function hashStored({ store }: UploadDeps, upload: UploadRow, signal: AbortSignal): Promise<string> {
  const stored = await store.open(originalKey(upload));
  if (!stored) throw new ServiceError("not_found", `The source of ${upload.id} is gone`);
  const hash = createHash("sha256");
  for await (const bytes of stored.blob.stream()) {
    signal.throwIfAborted();
    hash.update(bytes);
  }
  return hash.digest("hex");
}
